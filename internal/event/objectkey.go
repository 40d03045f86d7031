package event

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxKey is the longest object key in bytes that COS allows.
const maxKey = 850

// splitKey finds the object key in a record of bucket name and appid.
//
// The field "key" is "/<appid>/<name>/" and the key, not encoded; "url" is
// percent-encoded. Documents and captured events agree on that for plain keys,
// but no one has shown an event for a key with a space, a plus or Chinese. So
// key is what "key" says, and fallback what "url" says, if that is different;
// asking COS for the object settles it. Each is decoded once at most, and a plus
// is a plus in both.
func splitKey(appid, name, field, rawURL string) (key, fallback string, err error) {
	fromURL, urlErr := keyOf(rawURL)
	key, ok := strings.CutPrefix(field, "/"+appid+"/"+name+"/")
	if !ok {
		if urlErr != nil {
			return "", "", fmt.Errorf("field %q lacks its prefix, and field %q %w", "key", "url", urlErr)
		}
		return fromURL, "", nil
	}
	if err := checkKey(key); err != nil {
		return "", "", fmt.Errorf("field %q %w", "key", err)
	}
	if urlErr != nil || fromURL == key {
		return key, "", nil
	}
	return key, fromURL, nil
}

// keyOf returns the key that an object's URL names.
func keyOf(rawURL string) (string, error) {
	u, err := url.Parse(rawURL)
	if err != nil { // not wrapped: it quotes the URL
		return "", errors.New("is not a URL")
	}
	key := strings.TrimPrefix(u.Path, "/") // Path is decoded as by url.PathUnescape
	return key, checkKey(key)
}

func checkKey(key string) error {
	switch {
	case key == "":
		return errors.New("names no object")
	case len(key) > maxKey:
		return fmt.Errorf("is longer than %d bytes", maxKey)
	case !utf8.ValidString(key) || strings.ContainsRune(key, utf8.RuneError):
		// The JSON decoder has put U+FFFD where a string was not UTF-8.
		return errors.New("is not UTF-8")
	case strings.ContainsFunc(key, unicode.IsControl):
		return errors.New("holds a control character")
	}
	return nil
}

// regionOf returns the region in the host name of a bucket's URL, as in
// "https://b-125.cos.ap-shanghai.myqcloud.com/"; empty for hosts of another
// form, such as the old "cosbj" ones and "cos.accelerate".
func regionOf(rawURL, bucket string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	host, ok := strings.CutPrefix(u.Hostname(), bucket+".cos.")
	if !ok {
		return ""
	}
	region, _, _ := strings.Cut(host, ".")
	if !strings.Contains(region, "-") {
		return ""
	}
	return region
}
