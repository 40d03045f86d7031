package stories

import (
	"flag"
	"os"
	"runtime"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/imageferry/imageferry/stories/zips"
)

var update = flag.Bool("update", false, "write the golden parts of the stories anew")

// grubRescue has bootable disks that nobody here made (Debian's grub-rescue-pc).
const grubRescue = "/usr/lib/grub-rescue"

func TestStories(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the functions are programs for linux/amd64, as the platform wants them")
	}
	tools := zips.Build(t)
	testscript.Run(t, testscript.Params{
		Dir:                "testdata",
		Cmds:               commands(),
		RequireUniqueNames: true,
		UpdateScripts:      *update,
		Condition: func(name string) (bool, error) {
			_, err := os.Stat(grubRescue)
			return name == "grub-rescue" && err == nil, nil
		},
		Setup: func(e *testscript.Env) error {
			s := &story{tools: tools}
			e.Values[storyKey{}] = s
			e.Setenv("PATH", tools.Dir+string(os.PathListSeparator)+e.Getenv("PATH")+":/usr/sbin:/sbin") // of mkfs and the like
			e.Setenv("GRUB_RESCUE", grubRescue)
			e.Defer(func() { s.end(t) })
			return nil
		},
	})
}

type storyKey struct{}

// commands lists what doc.go describes.
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	list := map[string]command{
		"sandbox": start, "fire": fire, "call": call, "apigw": apigw, "invoke": invoke, "console": console, "settings": settings, "storm": storm, "offpeak": offpeak,
		"put": put, "get": get, "copy": copyObject, "conforms": conforms, "plain": plain, "fault": addFault, "calm": calm, "dies": dies, "expire": expire,
		"remove": remove, "abort": abort, "bake": bake, "names": names, "writes": writes, "versioning": versioning, "crash": crash,
		"notices": notices, "sweep": sweep, "heard": heard, "quiet": quiet, "asked": asked, "failures": failures,
		"objects": objects, "tasks": tasks, "images": images, "ledger": printLedger, "requests": requests, "leaks": leaks,
	}
	adapted := map[string]func(*testscript.TestScript, bool, []string){}
	for name, c := range list {
		adapted[name] = c.adapt(name)
	}
	return adapted
}

// command is one of ours. It fails the story through its script.
type command struct {
	usage    string // of its arguments
	min, max int    // how many there are
	run      func(*story, *testscript.TestScript, []string)
}

func (c command) adapt(name string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, negated bool, args []string) {
		s := ts.Value(storyKey{}).(*story)
		switch {
		case negated:
			ts.Fatalf("%s cannot be negated", name)
		case len(args) < c.min || len(args) > c.max:
			ts.Fatalf("usage: %s %s", name, c.usage)
		case s.Sandbox == nil && name != "sandbox":
			ts.Fatalf("%s: start a sandbox first", name)
		}
		c.run(s, ts, args)
	}
}
