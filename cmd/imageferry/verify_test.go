package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/manifest"
	"github.com/imageferry/imageferry/internal/sandbox/account"
	"github.com/imageferry/imageferry/internal/sandbox/clock"
	"github.com/imageferry/imageferry/internal/sandbox/cos"
	"github.com/imageferry/imageferry/internal/sandbox/disk"
	"github.com/imageferry/imageferry/internal/sandbox/proxy"
	"github.com/imageferry/imageferry/internal/tencent"
)

// TestVerify runs scripts of what a person verifies. Beside testscript's own commands
// there are
//
//	exits STATUS ARG…   run imageferry, which must end with that status
//	disk FILE           make a system disk of 1 GiB
//	blank FILE          make a file of 1 MiB of zeros
//	damage FILE OFFSET  change one byte
func TestVerify(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/verify",
		Setup: func(e *testscript.Env) error { return setVerify(t, e) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": func(ts *testscript.TestScript, _ bool, args []string) {
				got := 0
				if err := ts.Exec("imageferry", args[1:]...); err != nil {
					var failed interface{ ExitCode() int }
					if !errors.As(err, &failed) {
						ts.Fatalf("%v", err)
					}
					got = failed.ExitCode()
				}
				if strconv.Itoa(got) != args[0] {
					ts.Fatalf("exit status %d, want %s", got, args[0])
				}
			},
			"disk": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(disk.Generate(ts.MkAbs(args[0]), 1, disk.System, "seed"))
			},
			"blank": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), make([]byte, 1<<20), 0o600))
			},
			"damage": func(ts *testscript.TestScript, _ bool, args []string) {
				b, err := os.ReadFile(ts.MkAbs(args[0]))
				ts.Check(err)
				off, err := strconv.Atoi(args[1])
				ts.Check(err)
				b[off]++
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
			},
		},
	})
}

const exportedFile = "api-x_img-web_data_snap-a.raw"

// setVerify puts an exported file and its manifest into a COS behind a proxy, and
// into the script's folder.
func setVerify(t *testing.T, e *testscript.Env) error {
	acc := account.New("1250000000", "100000000001", region)
	key := acc.CreateKey()
	server, err := cos.New(cos.Config{Dir: filepath.Join(e.WorkDir, ".cos"), Account: acc, Clock: clock.New(1)})
	if err != nil {
		return err
	}
	bucket := image.Bucket{Name: "images", AppID: "1250000000"}
	if err := server.CreateBucket(bucket.String()); err != nil {
		return err
	}
	ca, err := proxy.NewCA(filepath.Join(e.WorkDir, ".ca"))
	if err != nil {
		return err
	}
	address, err := serve(t, e, proxy.New(ca, func(host string) http.Handler {
		if host == bucket.String()+".cos."+region+".myqcloud.com" {
			return server
		}
		return nil
	}))
	if err != nil {
		return err
	}
	rt := tencent.NewTransport()
	rt.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(address) }
	rt.TLSClientConfig = &tls.Config{RootCAs: ca.Pool()}
	e.Defer(rt.CloseIdleConnections)
	client := tencent.NewCOS(rt, func() (string, string, string) { return key.SecretID, key.SecretKey, "" }, region)
	for name, body := range exported(t) {
		if err := client.Put(t.Context(), bucket, "a/"+name, body); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(e.WorkDir, name), body, 0o600); err != nil {
			return err
		}
	}
	e.Vars = append(e.Vars, "HTTPS_PROXY="+address, "https_proxy="+address, "SSL_CERT_FILE="+ca.BundleFile(), "SSL_CERT_DIR="+e.WorkDir, "TENCENTCLOUD_REGION="+region)
	if filepath.Base(e.WorkDir) == "script-cos" { // the other does without keys
		e.Vars = append(e.Vars, "TENCENTCLOUD_SECRET_ID="+key.SecretID, "TENCENTCLOUD_SECRET_KEY="+key.SecretKey)
	}
	return nil
}

// serve serves the proxy until the script ends.
func serve(t *testing.T, e *testscript.Env, p *proxy.Proxy) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	p.ErrorLog = log.New(io.Discard, "", 0)
	served := make(chan error, 1)
	go func() { served <- p.Serve(listener) }()
	e.Defer(func() {
		_ = p.Shutdown(context.Background())
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String(), nil
}

// exported is a data disk with swap space, and the manifest of its export.
func exported(t *testing.T) map[string][]byte {
	b := make([]byte, 1<<20)
	binary.LittleEndian.PutUint32(b[1024:], 1)
	binary.LittleEndian.PutUint32(b[1028:], uint32(len(b)/4096-1))
	copy(b[4086:], "SWAPSPACE2")
	report, err := diskimage.Check(bytes.NewReader(b), int64(len(b)), diskimage.Want{})
	if err != nil || report.Verdict != diskimage.Verified {
		t.Fatalf("%+v, %v", report, err)
	}
	m := manifest.Manifest{Schema: manifest.Schema, Export: "api-x", Files: []manifest.File{{
		Key: "a/" + exportedFile, Size: int64(len(b)), Check: &report,
		CRC64: fmt.Sprint(crc64.Checksum(b, crc64.MakeTable(crc64.ECMA))),
	}}}
	doc, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{exportedFile: b, "api-x_manifest.json": doc}
}

// What a file says of itself steers no terminal.
func TestFindingsArePlainText(t *testing.T) {
	t.Parallel()
	f := finding{Name: "x.vmdk", Report: diskimage.Report{Verdict: diskimage.NotADisk, Contents: "ext4\x1b[2J", Findings: []diskimage.Finding{{Code: "header", Detail: "says \u009b31m\r"}}}}
	var b strings.Builder
	if err := f.print(&b, asText); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); strings.ContainsAny(got, "\x1b\u009b\r") || !strings.Contains(got, "\nbecause    says  31m  (header)\n") {
		t.Errorf("%q", got)
	}
}
