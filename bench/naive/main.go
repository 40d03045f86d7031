// Command naive starts an export as one would write it first: a client of every
// service built in the handler, one request after another, no ledger to speak of.
// It makes five requests (DescribeImages, PUT, ExportImages, PUT, webhook) and
// promises nothing; the benchmark compares what that costs.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	cvm "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cvm/v20170312"
	"github.com/tencentyun/cos-go-sdk-v5"
	"github.com/tencentyun/scf-go-lib/cloudfunction"
)

type event struct {
	Export string `json:"export"`
	Image  string `json:"image"`
}

func main() { cloudfunction.Start(handle) }

func handle(ctx context.Context, e event) (string, error) {
	images, err := newCVM()
	if err != nil {
		return "", err
	}
	describe := cvm.NewDescribeImagesRequest()
	describe.ImageIds = common.StringPtrs([]string{e.Image})
	described, err := images.DescribeImagesWithContext(ctx, describe)
	if err != nil {
		return "", err
	}
	if len(described.Response.ImageSet) != 1 {
		return "", fmt.Errorf("no image %q", e.Image)
	}
	state, err := newCOS()
	if err != nil {
		return "", err
	}
	if err := put(ctx, state, e.Export+"/1.json", "INTENT"); err != nil {
		return "", err
	}
	export := cvm.NewExportImagesRequest()
	export.ImageIds = describe.ImageIds
	bucket, _, _ := strings.Cut(os.Getenv("FERRY_IMAGE_BUCKET"), "-")
	export.BucketName = &bucket
	export.FileNamePrefixList = common.StringPtrs([]string{e.Export})
	if _, err := images.ExportImagesWithContext(ctx, export); err != nil {
		return "", err
	}
	if err := put(ctx, state, e.Export+"/2.json", "ACCEPTED"); err != nil {
		return "", err
	}
	return "started", tell(ctx, e.Export)
}

func newCVM() (*cvm.Client, error) {
	keys := common.NewTokenCredential(os.Getenv("TENCENTCLOUD_SECRETID"), os.Getenv("TENCENTCLOUD_SECRETKEY"), os.Getenv("TENCENTCLOUD_SESSIONTOKEN"))
	return cvm.NewClient(keys, os.Getenv("FERRY_REGION"), profile.NewClientProfile())
}

func newCOS() (*cos.Client, error) {
	address, err := url.Parse("https://" + os.Getenv("FERRY_STATE_BUCKET") + ".cos." + os.Getenv("FERRY_REGION") + ".myqcloud.com")
	if err != nil {
		return nil, err
	}
	return cos.NewClient(&cos.BaseURL{BucketURL: address}, &http.Client{Transport: &cos.AuthorizationTransport{
		SecretID: os.Getenv("TENCENTCLOUD_SECRETID"), SecretKey: os.Getenv("TENCENTCLOUD_SECRETKEY"), SessionToken: os.Getenv("TENCENTCLOUD_SESSIONTOKEN"),
	}}), nil
}

func put(ctx context.Context, c *cos.Client, key, state string) error {
	body, err := json.Marshal(map[string]any{"state": state, "at": time.Now()})
	if err != nil {
		return err
	}
	_, err = c.Object.Put(ctx, key, bytes.NewReader(body), nil)
	return err
}

// tell posts a CloudEvent, signed as Standard Webhooks.
func tell(ctx context.Context, export string) error {
	body, err := json.Marshal(map[string]any{
		"specversion": "1.0", "id": export, "source": "/naive", "type": "naive.export.started", "time": time.Now(), "data": map[string]string{"export": export},
	})
	if err != nil {
		return err
	}
	signer, err := standardwebhooks.NewWebhook(os.Getenv("FERRY_WEBHOOK_SECRET"))
	if err != nil {
		return err
	}
	now := time.Now()
	signature, err := signer.Sign(export, now, body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, os.Getenv("FERRY_WEBHOOK_URL"), bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/cloudevents+json")
	req.Header.Set("Webhook-Id", export)
	req.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	req.Header.Set("Webhook-Signature", signature)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the webhook answered %s", resp.Status)
	}
	return nil
}
