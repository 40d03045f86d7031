package event

import (
	"net/url"
	"testing"
)

func TestSplitKey(t *testing.T) {
	t.Parallel()
	const host = "http://images-125.cos.ap-guangzhou.myqcloud.com/"
	tests := []struct{ name, field, url, key, fallback string }{
		{"plain", "/125/images/a/b.raw", host + "a/b.raw", "a/b.raw", ""},
		{"prefix once", "/125/images//125/images/a", host + "125/images/a", "/125/images/a", "125/images/a"},
		{"plus", "/125/images/a+b", host + "a+b", "a+b", ""},
		{"escaped plus", "/125/images/a+b", host + "a%2Bb", "a+b", ""},
		{"percent in the key", "/125/images/a%2Fb", host + "a%252Fb", "a%2Fb", ""},
		{"key came encoded", "/125/images/%E9%95%9C", host + "%E9%95%9C", "%E9%95%9C", "镜"},
		{"dots", "/125/images/../x", host + "../x", "../x", ""},
		{"slashes", "/125/images/a//b/", host + "a//b/", "a//b/", ""},
		{"other appid", "/126/images/a", host + "b%20c", "b c", ""},
		{"no key field", "", host + "a%25b", "a%b", ""},
		{"unusable url", "/125/images/a", "http://h/%zz", "a", ""},
		{"control in the url", "/125/images/a", host + "a%00", "a", ""},
		{"query is no key", "/125/images/a", host + "a?versionId=1", "a", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			key, fallback, err := splitKey("125", "images", tt.field, tt.url)
			if err != nil || key != tt.key || fallback != tt.fallback {
				t.Errorf("got %q, %q, %v; want %q, %q", key, fallback, err, tt.key, tt.fallback)
			}
		})
	}
}

// FuzzObjectKey holds that splitKey is the inverse of what COS does to a key,
// by either field.
func FuzzObjectKey(f *testing.F) {
	for _, key := range []string{
		"a", "a+b c", "镜像.raw", "%2e%2e/%252e", "../..", "/", "//x", "a\\b", "\x00", "\xff", "a\u202eb", "125/images/a", "?#&=;", "[::]",
	} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, want string) {
		field := "/125/images/" + want
		u := url.URL{Scheme: "https", Host: "images-125.cos.ap-guangzhou.myqcloud.com", Path: "/" + want}
		valid := checkKey(want) == nil

		key, fallback, err := splitKey("125", "images", field, u.String())
		if (err == nil) != valid {
			t.Fatalf("key %q: valid is %t, got error %v", want, valid, err)
		}
		if valid && (key != want || fallback != "") {
			t.Errorf("by field: got %q and %q, want %q", key, fallback, want)
		}
		key, fallback, err = splitKey("125", "images", "", u.String())
		if (err == nil) != valid {
			t.Fatalf("url of %q: valid is %t, got error %v", want, valid, err)
		}
		if valid && (key != want || fallback != "") {
			t.Errorf("by url: got %q and %q, want %q", key, fallback, want)
		}
		// Nothing but an error may come of a wild URL.
		if key, err := keyOf(want); err == nil && checkKey(key) != nil {
			t.Errorf("url %q gives key %q", want, key)
		}
	})
}
