package tencent_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/tencent"
)

var _ export.Cloud = (*tencent.CVM)(nil)

// ids lists what was found, in order.
func ids(found []image.Image) (list []string) {
	for _, m := range found {
		list = append(list, string(m.ID))
	}
	slices.Sort(list)
	return list
}

func TestFind(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	prod, test := cvm.Tag{Key: "env", Value: "prod"}, cvm.Tag{Key: "env", Value: "test"}
	team := cvm.Tag{Key: "team", Value: "a"}
	for _, m := range []cvm.Image{
		{ID: "img-aaaaaaaa", Name: "web", Family: "web", Tags: []cvm.Tag{prod, team}},
		{ID: "img-bbbbbbbb", Name: "web-2", Tags: []cvm.Tag{prod}},
		{ID: "img-cccccccc", Name: "WEB", Tags: []cvm.Tag{test}},
		{ID: "img-dddddddd", Name: "web", Type: cvm.PublicImage},
		{ID: "img-eeeeeeee", Name: "web", Type: cvm.SharedImage},
	} {
		c.cvm.AddImage(m)
	}
	client := c.newCVM(tencent.NameOnly)
	for _, test := range []struct {
		name string
		q    export.Query
		want string
	}{
		{"all", export.Query{}, "img-aaaaaaaa img-bbbbbbbb img-cccccccc"},
		{"by name, exactly", export.Query{Name: "web"}, "img-aaaaaaaa"},
		{"by tag", export.Query{Tags: map[string]string{"env": "prod"}}, "img-aaaaaaaa img-bbbbbbbb"},
		{"by two tags", export.Query{Tags: map[string]string{"env": "prod", "team": "a"}}, "img-aaaaaaaa"},
		{"by name and tag", export.Query{Name: "web-2", Tags: map[string]string{"env": "prod"}}, "img-bbbbbbbb"},
		{"another value", export.Query{Tags: map[string]string{"env": "p"}}, ""},
		{"no such tag", export.Query{Tags: map[string]string{"stage": ""}}, ""},
	} {
		found, err := client.Find(t.Context(), test.q)
		if got := strings.Join(ids(found), " "); err != nil || got != test.want {
			t.Errorf("%s: %q, %v; want %q", test.name, got, err, test.want)
		}
	}
	found, err := client.Find(t.Context(), export.Query{Name: "web"})
	if err != nil || found[0].Family != "web" || !cmp.Equal(found[0].Tags, map[string]string{"env": "prod", "team": "a"}) {
		t.Errorf("%+v, %v", found, err)
	}
}

// CVM takes ten filters; what does not fit is compared here.
func TestFindByManyTags(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	full, tags := cvm.Image{ID: "img-aaaaaaaa", Name: "web"}, map[string]string{}
	for i := range 12 {
		key := fmt.Sprintf("key-%02d", i)
		full.Tags, tags[key] = append(full.Tags, cvm.Tag{Key: key, Value: "v"}), "v"
	}
	lacking := full
	lacking.ID, lacking.Tags = "img-bbbbbbbb", full.Tags[:11]
	c.cvm.AddImage(full)
	c.cvm.AddImage(lacking)
	found, err := c.newCVM(tencent.NameOnly).Find(t.Context(), export.Query{Name: "web", Tags: tags})
	if err != nil || len(found) != 1 || found[0].ID != "img-aaaaaaaa" {
		t.Errorf("%v, %v", ids(found), err)
	}
}

func TestFindPages(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for i := range 230 {
		c.addImage(fmt.Sprintf("img-%08d", i))
	}
	found, err := c.newCVM(tencent.NameOnly).Find(t.Context(), export.Query{})
	if err != nil || len(slices.Compact(ids(found))) != 230 {
		t.Errorf("%d images, %v", len(found), err)
	}
	if n := len(c.requests()); n != 3 {
		t.Errorf("%d requests for 230 images", n)
	}
}

// listing answers each page of a list of images; total is -1 for none.
func listing(total int, pages ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		var req struct{ Offset int }
		_ = json.NewDecoder(r.Body).Decode(&req)
		var set []string
		if req.Offset < len(pages) {
			for id := range strings.FieldsSeq(pages[req.Offset]) {
				set = append(set, fmt.Sprintf(`{"ImageId":"img-%s","ImageType":"PRIVATE_IMAGE"}`, id))
			}
		}
		count := ""
		if total >= 0 {
			count = fmt.Sprintf(`"TotalCount":%d,`, total)
		}
		fmt.Fprintf(w, `{"Response":{%s"ImageSet":[%s],"RequestId":"r"}}`, count, strings.Join(set, ","))
	}
}

func TestOddPages(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for _, test := range []struct {
		name     string
		answer   http.HandlerFunc
		want     string
		requests int
		code     string
	}{
		{"empty", listing(0), "", 1, ""},
		{"one too many is said to be there", listing(2, "a"), "img-a", 2, ""},
		{"no count", listing(-1, "a", "b"), "img-a img-b", 3, ""},
		{"shifted by one that was made meanwhile", listing(4, "b a", "", "a c"), "img-a img-b img-c", 2, ""},
		{"the same page for ever", listing(9, "a", "a", "a"), "", 2, "EndlessList"},
		{"refused", status(200, failure("UnauthorizedOperation.PermissionDenied")), "", 1, "UnauthorizedOperation.PermissionDenied"},
		{"nothing carries the tag", status(200, failure("InvalidParameterValue.TagKeyNotFound")), "", 1, ""},
		{"null", status(200, `{"Response":null}`), "", 1, "EmptyResponse"},
		{"broken", status(502, "<html>"), "", 1, "ClientError.ParseJsonError"},
	} {
		c.say(test.answer)
		found, err := c.newCVM(tencent.NameOnly).Find(t.Context(), export.Query{})
		code := ""
		if e, ok := err.(*outcome.Error); ok {
			code = e.Code
		}
		if got := strings.Join(ids(found), " "); got != test.want || code != test.code || (err == nil) != (test.code == "") {
			t.Errorf("%s: %q, %v; want %q", test.name, got, err, test.want)
		}
		if n := len(c.requests()); n != test.requests {
			t.Errorf("%s: %d requests, want %d", test.name, n, test.requests)
		}
	}
}

func TestInstances(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	var want []image.Instance
	var all []image.InstanceID
	for i := range 130 {
		id := fmt.Sprintf("ins-%08d", i)
		c.cvm.AddInstance(cvm.Instance{ID: id, Name: "app", Tags: []cvm.Tag{{Key: "n", Value: id}}})
		want = append(want, image.Instance{ID: image.InstanceID(id), Name: "app", Tags: map[string]string{"n": id}})
		all = append(all, image.InstanceID(id))
	}
	client := c.newCVM(tencent.NameOnly)
	for _, test := range []struct {
		name     string
		ids      []image.InstanceID
		want     []image.Instance
		requests int
	}{
		{"all of the region", nil, want, 2},
		{"by id", all, want, 2},
		{"one", all[7:8], want[7:8], 1},
		{"none", []image.InstanceID{}, nil, 0},
		{"one is gone", append([]image.InstanceID{"ins-gone0001"}, all[:3]...), want[:3], 5},
	} {
		c.say(nil)
		found, err := client.Instances(t.Context(), test.ids)
		if diff := cmp.Diff(test.want, found); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", test.name, err, diff)
		}
		if n := len(c.requests()); n != test.requests {
			t.Errorf("%s: %d requests, want %d", test.name, n, test.requests)
		}
	}
}

// Whether unknown ids are left out or refuse the page is unverified: both work.
func TestInstancesLeftOut(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.say(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"Response":{"TotalCount":1,"InstanceSet":[null,{"InstanceId":"ins-b"}],"RequestId":"r"}}`)
	})
	found, err := c.newCVM(tencent.NameOnly).Instances(t.Context(), []image.InstanceID{"ins-a", "ins-b"})
	if err != nil || len(found) != 1 || found[0].ID != "ins-b" {
		t.Errorf("%v, %v", found, err)
	}
	c.say(status(200, failure("InvalidInstanceId.Malformed")))
	if _, err := c.newCVM(tencent.NameOnly).Instances(t.Context(), []image.InstanceID{"ins-a", "ins-b"}); !outcome.Is(err, outcome.Bug) || len(c.requests()) != 1 {
		t.Errorf("%v after %d requests; any other refusal is final", err, len(c.requests()))
	}
}
