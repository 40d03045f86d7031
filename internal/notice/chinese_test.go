package notice_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/notice"
)

// told is what somebody reads in Chinese of a failure with a reason.
func told(reason string) notice.Message {
	e := refused()
	e.Reason, e.Detail, e.Hint = reason, "DETAIL", "HINT"
	return notice.Of(e, region).Message(notice.Chinese)
}

func chineseIn(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// Every reason that ends an export, and every code of CVM that does and to which
// there is a hint, is told in Chinese; the sources are searched for them.
func TestEveryReasonHasChinese(t *testing.T) {
	t.Parallel()
	reasons := find(t, "../image/*.go", `\brefuse\("([a-z-]+)"`)
	reasons = append(reasons, find(t, "../export/*.go", `(?:\.fail\(|conclude\(ledger\.\w+, |\breason[A-Z]\w+ += )"([a-z-]+)"`)...)
	if len(reasons) < 15 {
		t.Fatalf("the reasons are not written in the code as this test thinks: %q", reasons)
	}
	for _, call := range []string{"exportImagesCodes", "createImageCodes"} {
		codes := find(t, "../tencent/cvmcodes.go", `(?s)var `+call+` = (.*?)\n}\n`)
		if len(codes) != 1 {
			t.Fatalf("no %s", call)
		}
		for _, m := range regexp.MustCompile(`"([A-Z][A-Za-z.]+)\*?": +\{outcome\.(?:Image|Config|Bug), (?:hint|"[^"])`).FindAllStringSubmatch(codes[0], -1) {
			reasons = append(reasons, m[1])
		}
	}
	for _, reason := range reasons {
		m := told(reason)
		_, after, _ := strings.Cut(m.Title, "导出失败：")
		if !chineseIn(after) || strings.Contains(shown(m), "HINT") {
			t.Errorf("%q has no meaning in Chinese; add it to the table:\n%s", reason, shown(m))
		}
	}
}

// So is every finding that a file can have.
func TestEveryFindingHasChinese(t *testing.T) {
	t.Parallel()
	codes := find(t, "../diskimage/codes.go", `(?m)^\t[A-Za-z0-9]+ += "([a-z0-9-]+)"`)
	if len(codes) < 26 || !slices.Contains(codes, "gpt-primary") {
		t.Fatalf("the codes are not written in the code as this test thinks: %q", codes)
	}
	for _, code := range codes {
		e := text()
		e.Landed[0].Check.Findings[0] = diskimage.Finding{Code: code, Detail: "DETAIL"}
		m := notice.Of(e, region).Message(notice.Chinese)
		found := slices.IndexFunc(m.Lines, func(l notice.Line) bool { return strings.HasSuffix(l.Text, "（DETAIL）") })
		if found < 0 {
			t.Errorf("%q has no meaning in Chinese; add it to the table:\n%s", code, shown(m))
		}
	}
}

// find returns what the first group of a pattern matches in the files.
func find(t *testing.T, files, pattern string) (found []string) {
	t.Helper()
	names, err := filepath.Glob(files)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %d files, %v", files, len(names), err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			found = append(found, m[1])
		}
	}
	return found
}

// A code before a pattern that it fits, a pattern, and what nobody knows.
func TestTranslate(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]string{
		"AuthFailure.CamRoleNameAuthenticateFailed": "CVM 无法使用导出角色", "AuthFailure.TokenFailure": "函数的凭证被拒绝", "AuthFailure": "函数的凭证被拒绝",
		"UnauthorizedOperation.CamNoAuth": "没有调用该接口的权限", "InvalidImageId": "InvalidImageId", "AuthFailure*": "函数的凭证被拒绝", "new": "new",
	} {
		if got := told(reason).Title; got != "orders-db (img-database) 导出失败："+want {
			t.Errorf("%s: title %q", reason, got)
		}
	}
	if got := shown(told("new")); !strings.Contains(got, "原因：DETAIL\n处理建议：HINT\n") {
		t.Errorf("what is not known is told as it is:\n%s", got)
	}
}

// Both languages have the same lines under their own labels, so a reader of one
// misses nothing.
func TestLanguagesTellTheSame(t *testing.T) {
	t.Parallel()
	for name, n := range notices() {
		english, chinese := n.Message(notice.English), n.Message(notice.Chinese)
		count := 0
		for _, l := range chinese.Lines {
			if l.Label != "原文：" {
				count++
			}
			if l.Label != "" && !chineseIn(l.Label) {
				t.Errorf("%s: label %q", name, l.Label)
			}
		}
		if n.Data.Kind == ledger.KindMissed || n.Data.Kind == ledger.KindSkipped {
			count++ // the words themselves say why
		}
		if count != len(english.Lines) {
			t.Errorf("%s: %d lines in Chinese, %d in English\n%s\n%s", name, count, len(english.Lines), shown(chinese), shown(english))
		}
		for _, text := range append(strings.Split(shown(english), "\n"), english.Title) {
			if chineseIn(text) {
				t.Errorf("%s: %q", name, text)
			}
		}
	}
}
