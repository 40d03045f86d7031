package cvm_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/sandbox/disk"
)

// slow makes tasks that do not get anywhere while a test lasts.
func slow(cfg *cvm.Config) { cfg.Rate = 1 }

func TestTaskLimit(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, func(cfg *cvm.Config) { slow(cfg); cfg.MaxTasks = 2 })
	c.AddImage(linux("img-aaaaaaaa", 0))
	for range 2 { // the same image and names twice: nothing objects
		if _, err := c.export(nil, "img-aaaaaaaa"); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.export(nil, "img-aaaaaaaa")
	wantCode(t, err, cvm.TooManyTasks)
	first := c.Tasks()[0].ID
	if !c.KillTask(first) || c.KillTask(1) {
		t.Error("KillTask tells wrong")
	}
	eventually(t, "death of the first task", func() bool { return c.Tasks()[0].State == cvm.Killed })
	if c.KillTask(first) {
		t.Error("a dead task was killed")
	}
	if _, err := c.export(nil, "img-aaaaaaaa"); err != nil {
		t.Errorf("a dead task still counts: %v", err)
	}
}

// TestKilledTask leaves its upload as it was.
func TestKilledTask(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, slow)
	c.AddImage(linux("img-aaaaaaaa", 0))
	got, err := c.export(nil, "img-aaaaaaaa")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "an upload", func() bool { return len(c.bucket.all()) == 1 })
	c.KillTask(*got.TaskId)
	c.wait(t)
	if u := c.bucket.all()[0]; u.complete || u.aborted {
		t.Errorf("complete %v, aborted %v", u.complete, u.aborted)
	}
	if task := c.task(t); task.State != cvm.Killed || task.Ended.IsZero() {
		t.Errorf("task %+v", task)
	}
}

// TestKillNext kills one task in its second disk, and no other.
func TestKillNext(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1e6, nil)
	c.AddImage(linux("img-aaaaaaaa", 1))
	c.KillNext(disk.GiB + disk.GiB/2)
	for range 2 {
		if _, err := c.export(nil, "img-aaaaaaaa"); err != nil {
			t.Fatal(err)
		}
		c.wait(t)
	}
	u := c.bucket.all()
	if len(u) != 4 || !u[0].complete || u[1].complete || u[1].aborted || !u[2].complete || !u[3].complete {
		t.Fatalf("%d uploads", len(u))
	}
	if n := u[1].size(); n == 0 || n > disk.GiB/2 {
		t.Errorf("the second disk has %d bytes", n)
	}
	if task := c.Tasks()[0]; task.State != cvm.Killed || task.Files[0].Bytes != disk.GiB || task.Files[1].Bytes != u[1].size() {
		t.Errorf("task %+v", task)
	}
}

// TestTaskTakesTime: 160 MiB/s by the sandbox clock, whatever the real time.
func TestTaskTakesTime(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1000, nil)
	c.AddImage(linux("img-aaaaaaaa", 1))
	if _, err := c.export(nil, "img-aaaaaaaa"); err != nil {
		t.Fatal(err)
	}
	c.wait(t)
	task := c.task(t)
	if took := task.Ended.Sub(task.Started); took < 2*1024/160*time.Second {
		t.Errorf("2 GiB in %v", took)
	}
}

func TestStorageFails(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1e6, nil)
	c.bucket.fail = errors.New("bucket is gone")
	c.AddImage(linux("img-aaaaaaaa", 0))
	if _, err := c.export(nil, "img-aaaaaaaa"); err != nil {
		t.Fatal(err)
	}
	c.wait(t)
	if task := c.task(t); task.State != cvm.Failed || task.Reason != "bucket is gone" || !c.bucket.all()[0].aborted {
		t.Errorf("task %+v", task)
	}
}

// TestEmptyDisk: a user's file may have no bytes at all.
func TestEmptyDisk(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1e6, nil)
	c.AddImage(linux("img-aaaaaaaa", 0))
	if err := c.SetDisk("img-aaaaaaaa", file(t, "")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.export(nil, "img-aaaaaaaa"); err != nil {
		t.Fatal(err)
	}
	c.wait(t)
	if u := c.bucket.all()[0]; !u.complete || u.size() != 0 {
		t.Errorf("complete %v, %d bytes", u.complete, u.size())
	}
}

func TestOnChange(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []cvm.TaskState
	c := newCloud(t, 1e6, func(cfg *cvm.Config) {
		cfg.OnChange = func(task cvm.Task) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, task.State)
		}
	})
	c.AddImage(linux("img-aaaaaaaa", 1))
	if _, err := c.export(nil, "img-aaaaaaaa"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "start, two disks and end", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(seen) == 4 && seen[0] == cvm.Running && seen[3] == cvm.Done
	})
}

func TestWaitGivesUp(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, slow)
	c.AddImage(linux("img-aaaaaaaa", 0))
	if _, err := c.export(nil, "img-aaaaaaaa"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, slow)
	c.AddImage(linux("img-aaaaaaaa", 0))
	if _, err := c.export(nil, "img-aaaaaaaa"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "an upload", func() bool { return len(c.bucket.all()) == 1 })
	c.Close()
	if task := c.task(t); task.State != cvm.Failed || !c.bucket.all()[0].aborted {
		t.Errorf("task %+v", task)
	}
	_, err := c.export(nil, "img-aaaaaaaa")
	wantCode(t, err, cvm.InternalError)
	c.Close() // once more does no harm
}
