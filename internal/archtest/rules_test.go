package archtest

import (
	"strings"
	"testing"
)

func TestRulesBite(t *testing.T) {
	t.Parallel()
	const doc = "Package x is one thing. It is nothing else.\n"
	goFile := func(name string, imports ...string) file {
		return file{name: name, pkg: "x", test: strings.HasSuffix(name, "_test.go"), imports: imports, doc: doc}
	}
	named := func(name, pkg string) file { f := goFile(name); f.pkg = pkg; return f }
	documented := func(name, doc string) file { f := goFile(name); f.doc = doc; return f }
	const cos, scf = "github.com/tencentyun/cos-go-sdk-v5", "github.com/tencentyun/scf-go-lib/cloudfunction"

	tests := []struct {
		name string
		rule func([]file) []string
		f    file
		bad  bool
	}{
		{"adapter imports the SDK", checkVendors, goFile("internal/tencent/cos.go", cos), false},
		{"function imports the runtime", checkVendors, goFile("functions/export/main.go", scf), false},
		{"test imports the SDK", checkVendors, goFile("internal/ledger/cos_test.go", cos), false},
		{"ledger imports the SDK", checkVendors, goFile("internal/ledger/cos.go", cos), true},
		{"neighbour in name", checkVendors, goFile("internal/tencentish/cos.go", cos), true},
		{"command imports the SDK", checkVendors, goFile("cmd/imageferry/main.go", "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"), true},

		{"command runs the sandbox", checkSandbox, goFile("cmd/imageferry/sandbox.go", module+"internal/sandbox"), false},
		{"test uses the sandbox", checkSandbox, goFile("internal/export/driver_test.go", module+"internal/sandbox/cos"), false},
		{"sandbox uses itself and cron", checkSandbox, goFile("internal/sandbox/scf/a.go", module+"internal/sandbox/clock", module+"internal/cron"), false},
		{"export uses the sandbox", checkSandbox, goFile("internal/export/driver.go", module+"internal/sandbox/clock"), true},
		{"function uses the sandbox", checkSandbox, goFile("functions/export/main.go", module+"internal/sandbox"), true},
		{"sandbox uses event", checkSandbox, goFile("internal/sandbox/scf/a.go", module+"internal/event"), true},

		{"downwards", checkOrder, goFile("internal/httpevent/a.go", module+"internal/event", module+"internal/problem"), false},
		{"within a package's tree", checkOrder, goFile("internal/ledger/ledgertest/a.go", module+"internal/ledger"), false},
		{"test imports upwards", checkOrder, goFile("internal/event/a_test.go", module+"internal/api"), false},
		{"sandbox is beside", checkOrder, goFile("internal/sandbox/a.go"), false},
		{"upwards", checkOrder, goFile("internal/event/a.go", module+"internal/httpevent"), true},
		{"function imports function", checkOrder, goFile("functions/notify/a.go", module+"functions/export/x"), true},
		{"production imports bench", checkOrder, goFile("internal/api/a.go", module+"bench/load"), true},
		{"no place", checkOrder, goFile("internal/stray/a.go"), true},
		{"no place, tests only", checkOrder, goFile("internal/stray/a_test.go"), true},
		{"imports what has no place", checkOrder, goFile("internal/api/a.go", module+"internal/stray"), true},

		{"vague directory", checkNames, goFile("internal/util/a.go"), true},
		{"vague package", checkNames, named("internal/api/a.go", "common"), true},
		{"vague in part", checkNames, named("internal/commonmark/a.go", "commonmark"), false},

		{"two sentences", checkDocs, goFile("internal/api/a.go"), false},
		{"one sentence", checkDocs, documented("internal/api/a.go", "Package api serves v1.2 of it.\n"), true},
		{"none", checkDocs, documented("cmd/imageferry/a.go", ""), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			complaints := tt.rule([]file{tt.f})
			if bad := len(complaints) > 0; bad != tt.bad {
				t.Errorf("complaints: %q", complaints)
			}
			for _, c := range complaints {
				if !strings.Contains(c, ": ") || !strings.Contains(c, "; ") {
					t.Errorf("does not name place, rule and way out: %q", c)
				}
			}
		})
	}
}
