package channel

import "testing"

// What is live is made harmless; what people copy stays as it is.
func TestPlain(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"orders-db (img-1)": "orders-db (img-1)", "nightly-1_xvda.raw": "nightly-1_xvda.raw", "a/b/disk.qcow2, 1.5 GiB.": "a/b/disk.qcow2, 1.5 GiB.",
		"x.vmdk x.vhd x_manifest.json": "x.vmdk x.vhd x_manifest.json", "Ubuntu 20.04 LTS v1.2.3 e.g. 10.0.0": "Ubuntu 20.04 LTS v1.2.3 e.g. 10.0.0",
		"长城. 完成。": "长城. 完成。", "snap-sys.raw.": "snap-sys.raw.", "21 MiB/s; 03:00": "21 MiB/s; 03:00",
		"evil.com": "evil·com", "see http://evil.com/x.": "see http：//evil·com/x.", "WWW.x1.y2": "WWW·x1·y2", "8.8.8.8": "8·8·8·8", "例子.中国": "例子·中国",
		"a.xn--p1ai": "a·xn--p1ai", "evil.com.8080": "evil·com·8080", "evil.com-x": "evil·com-x", "disk.raw.com": "disk·raw·com", "x@y": "x＠y",
		"a\nb\r\tc\x00d\u202ee\u2028f\u200bg": "a b  c d e f g", "\xff": "\ufffd",
	} {
		if got := plain(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestHref(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://x.test/a_b-c.raw?q-sign-time=1;2&k=a%2Fb": "https://x.test/a_b-c.raw?q-sign-time=1;2&k=a%2Fb",
		"https://x.test/(a) b\"'<>[]*`\\|@\n长":             "https://x.test/%28a%29%20b%22%27%3C%3E%5B%5D%2A%60%5C%7C%40%0A%E9%95%BF",
		"http://x.test":                                    "", "javascript:alert(1)": "", "": "", "HTTPS://x.test": "",
	} {
		if got := href(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}
