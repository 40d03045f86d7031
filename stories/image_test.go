package stories

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	cvmsdk "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cvm/v20170312"

	"github.com/imageferry/imageferry/internal/sandbox"
	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/sandbox/disk"
)

var bake = command{"IMAGE NAME FAMILY", 3, 3, func(s *story, _ *testscript.TestScript, args []string) {
	s.CVM.AddImage(baked(args[0], args[1], args[2]))
}}

func baked(id, name, family string) cvm.Image {
	return cvm.Image{
		ID: id, Name: name, Family: family, OsName: "Debian 12.0 64bit", Platform: "Debian",
		Disks: []cvm.Disk{{SnapshotID: "snap-bakedsys", Usage: disk.System, SizeGiB: 1}},
	}
}

var names = command{"FILE FAMILY [OS]", 2, 3, func(s *story, ts *testscript.TestScript, args []string) {
	for i, line := range strings.Split(strings.TrimSpace(ts.ReadFile(args[0])), "\n") {
		name, err := strconv.Unquote(line)
		ts.Check(err)
		m := baked(fmt.Sprintf("img-named%03d", i), name, args[1])
		if len(args) > 2 {
			m.OsName, m.Platform = args[2], args[2]
		}
		s.CVM.AddImage(m)
	}
}}

var images = command{"REGEXP", 1, 1, func(s *story, ts *testscript.TestScript, args []string) {
	key := common.NewCredential(ts.Getenv("TENCENTCLOUD_SECRET_ID"), ts.Getenv("TENCENTCLOUD_SECRET_KEY"))
	c, err := cvmsdk.NewClient(key, sandbox.Region, profile.NewClientProfile())
	ts.Check(err)
	c.WithHttpTransport(transport(ts))
	req := cvmsdk.NewDescribeImagesRequest()
	req.Limit = common.Uint64Ptr(100)
	resp, err := c.DescribeImages(req)
	ts.Check(err)
	chosen := regexp.MustCompile(args[0])
	var lines []string
	for _, m := range resp.Response.ImageSet {
		if chosen.MatchString(*m.ImageName) {
			lines = append(lines, s.plain(fmt.Sprintf("%s %s, %d disks", *m.ImageName, *m.ImageState, len(m.SnapshotSet))))
		}
	}
	printSorted(ts, lines)
}}

var tasks = command{"", 0, 0, func(s *story, ts *testscript.TestScript, _ []string) {
	out := ts.Stdout() // even for no tasks: else the output before stays
	for _, t := range s.CVM.Tasks() {
		fmt.Fprintln(out, s.plain(t.Files[0].Prefix), t.State)
	}
}}
