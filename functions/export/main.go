// Command export is the SCF function that starts exports: by timer, by HTTP
// through its Function URL or, for older deployments, through API Gateway. Its
// sweep tick finishes what events missed.
package main

import (
	"log/slog"
	"os"

	"github.com/tencentyun/scf-go-lib/cloudfunction"

	"github.com/imageferry/imageferry/internal/ferry"
	"github.com/imageferry/imageferry/internal/function"
	"github.com/imageferry/imageferry/internal/tencent"
)

func main() {
	tencent.TrimRoots()
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	cloudfunction.StartHandler(&function.Export{Open: new(ferry.Instance).Get})
}
