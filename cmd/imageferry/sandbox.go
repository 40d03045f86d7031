package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/imageferry/imageferry/internal/sandbox"
)

// demoRate lets an export take seconds where a real one takes minutes.
const demoRate = 512 << 20

// nightAtMost is when a night that does not end is called a failure.
const nightAtMost = 10 * time.Minute

const defaultListen = "127.0.0.1:8080"

type sandboxFlags struct {
	listen, data, dist string
	disks              []string
	speed              float64
	once, idle         bool
}

func sandboxCommand() *cobra.Command {
	var f sandboxFlags
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Run a Tencent Cloud on this machine, with the built functions deployed in it",
		Long: `Starts a sandbox of Tencent Cloud (CVM, COS, SCF, webhook and chat receivers) on a loopback
address, deploys dist/export.zip and dist/notify.zip into it, fires the timer of every plan,
and shows what happens. It then stays up until Ctrl-C, for a browser and for other programs:

    eval "$(imageferry sandbox env)"`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runSandbox(c.Context(), c.OutOrStdout(), f) },
	}
	c.PersistentFlags().StringVar(&f.listen, "listen", defaultListen, "loopback address of proxy, Function URL and pages")
	c.Flags().BoolVar(&f.once, "once", false, "end after the last notice; exit status 0 only if all were received and properly signed")
	c.Flags().BoolVar(&f.idle, "idle", false, "fire no timer at the start")
	c.Flags().StringArrayVar(&f.disks, "disk", nil, "IMAGE_ID=FILE: give an image the bytes of a raw disk file")
	c.Flags().StringVar(&f.data, "data", "", "folder to keep buckets in (default: a temporary one)")
	c.Flags().StringVar(&f.dist, "dist", "dist", "folder of export.zip and notify.zip")
	c.Flags().Float64Var(&f.speed, "speed", 1, "seconds of the cloud in a real one: tasks, timers and retries go faster")
	c.MarkFlagsMutuallyExclusive("once", "idle")
	c.AddCommand(&cobra.Command{
		Use:   "env",
		Short: "Print the shell exports that point any program at a running sandbox",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return printEnv(c.Context(), c.OutOrStdout(), f.listen)
		},
	})
	return c
}

func runSandbox(ctx context.Context, w io.Writer, f sandboxFlags) error {
	if f.speed <= 0 {
		return fmt.Errorf("--speed %v: want more than 0, such as 60", f.speed)
	}
	disks, err := parseDisks(f.disks)
	if err != nil {
		return err
	}
	dir, cleanUp, err := dataFolder(f.data)
	if err != nil {
		return err
	}
	defer cleanUp()
	s, err := sandbox.New(sandbox.Config{Dir: dir, Dist: f.dist, Listen: f.listen, Speed: f.speed, Rate: demoRate, Disks: disks})
	if err != nil {
		return err
	}
	err = show(ctx, w, s, f)
	return errors.Join(err, s.Close())
}

// show runs the night, and leaves the sandbox up for a look, above all at what
// went wrong. Whoever ends it during the night has seen no failure.
func show(ctx context.Context, w io.Writer, s *sandbox.Sandbox, f sandboxFlags) error {
	fmt.Fprintf(w, "sandbox  %s/_sandbox/\n", s.URL())
	var failure error
	if !f.idle {
		night, cancel := context.WithTimeoutCause(ctx, nightAtMost, fmt.Errorf("they took more than %s", nightAtMost))
		defer cancel()
		failure = s.Night(night, w)
	}
	switch {
	case f.once && failure == nil:
		fmt.Fprintln(w, "done     every notice arrived, and its signature holds")
		return nil
	case f.once:
		return failure
	case ctx.Err() != nil:
		return nil
	case failure != nil:
		fmt.Fprintf(w, "failed   %v\n", failure)
	}
	fmt.Fprintf(w, "open     %s/            exports, as the function shows them (any name; password %s)\n", s.URL(), s.Token())
	fmt.Fprintf(w, "         %s/_sandbox/   what happens behind\n", s.URL())
	fmt.Fprintf(w, "         eval \"$(%s sandbox env%s)\"   to point other programs here\n", os.Args[0], f.listenFlag())
	fmt.Fprintln(w, "         Ctrl-C ends it")
	<-ctx.Done()
	return failure
}

// listenFlag repeats --listen where a person must.
func (f sandboxFlags) listenFlag() string {
	if f.listen == defaultListen {
		return ""
	}
	return " --listen " + f.listen
}

func parseDisks(list []string) (map[string]string, error) {
	disks := map[string]string{}
	for _, d := range list {
		id, file, ok := strings.Cut(d, "=")
		if !ok || id == "" || file == "" {
			return nil, fmt.Errorf("--disk %q: want IMAGE_ID=FILE, such as img-webserv1=disk.raw", d)
		}
		disks[id] = file
	}
	return disks, nil
}

func dataFolder(name string) (dir string, cleanUp func(), err error) {
	if name != "" {
		return name, func() {}, os.MkdirAll(name, 0o755)
	}
	dir, err = os.MkdirTemp("", "imageferry-sandbox-")
	return dir, func() { os.RemoveAll(dir) }, err
}

// printEnv asks the running sandbox.
func printEnv(ctx context.Context, w io.Writer, addr string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/_sandbox/env", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("no sandbox answers at %s; start one with imageferry sandbox, or name its address with --listen", addr)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("what answers at %s is no sandbox (status %d)", addr, resp.StatusCode)
	}
	_, err = io.Copy(w, resp.Body)
	return err
}
