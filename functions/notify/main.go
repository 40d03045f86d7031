// Command notify is the SCF function that COS calls when an object appears. It
// recognises the files of exports, decides whether an export is whole, and
// tells people.
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
	cloudfunction.StartHandler(&function.Notify{Open: new(ferry.Instance).Get})
}
