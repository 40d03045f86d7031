package manifest_test

import (
	"encoding/json"
	"testing"

	cvm "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cvm/v20170312"

	"github.com/imageferry/imageferry/internal/manifest"
)

// The official SDK takes the parameters as they stand: it refuses fields that it does
// not know.
func TestImportImageFitsTheSDK(t *testing.T) {
	t.Parallel()
	for name, e := range entries() {
		body, err := json.Marshal(manifest.Of(e, "ap-guangzhou").Restore.ImportImage)
		if err != nil {
			t.Fatal(err)
		}
		if string(body) == "null" {
			continue // nothing to start a machine from
		}
		if err := cvm.NewImportImageRequest().FromJsonString(string(body)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
