package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/sandbox/inbox"
)

// Night fires the timer of every plan and shows on w what happens, until each
// of their exports was announced: by webhook, or if the plans have channels of
// their own, in all of those that want it. It returns an error if ctx ends before,
// or if a notice was refused or not properly signed.
func (s *Sandbox) Night(ctx context.Context, w io.Writer) error {
	n := night{s: s, w: w, heard: make(chan inbox.Message, 100)}
	s.COS.Subscribe(n.list.note)
	s.Inbox.Subscribe(func(m inbox.Message) {
		select {
		case n.heard <- m:
		default: // nobody reads any more; the inbox keeps it
		}
	})
	for _, p := range s.Plans {
		fmt.Fprintf(w, "timer    %s fires\n", p.Name)
		if _, err := s.SCF.Fire("export", p.Name); err != nil {
			return err
		}
	}
	return n.watch(ctx)
}

// night is one run of [Sandbox.Night].
type night struct {
	s     *Sandbox
	w     io.Writer
	heard chan inbox.Message
	list  workList
	last  map[uint64]int64 // task → percent that was shown
}

func (n *night) watch(ctx context.Context) error {
	n.last = map[uint64]int64{}
	look := time.NewTicker(time.Second)
	defer look.Stop()
	announced := map[string]bool{} // by export id
	for {
		exports, complete := n.list.state(len(n.s.Plans))
		waiting := 0
		for id, closed := range exports {
			if !closed && (!announced[id] || len(n.s.channels) > 0) {
				waiting++
			}
		}
		switch {
		case complete && len(announced) == 0 && len(exports) == 0:
			return errors.New("no plan chose anything to export")
		case complete && waiting == 0:
			return nil
		}
		select {
		case m := <-n.heard:
			n.progress()
			if err := n.show(m); err != nil {
				return err
			}
			if m.Channel == inbox.Webhook {
				export, _, _ := strings.Cut(m.ID, ".") // news of a plan have its name as subject
				announced[export] = true
			}
		case <-look.C:
			n.progress()
			if err := n.stuck(); err != nil {
				return err
			}
		case <-ctx.Done():
			return fmt.Errorf("%d exports were announced, and %d not: %w", len(announced), waiting, context.Cause(ctx))
		}
	}
}

// show prints a notice as a person would read it; of those that chats and mail got
// too, the first line.
func (n *night) show(m inbox.Message) error {
	if m.Problem != "" {
		return fmt.Errorf("a notice was refused by its receiver: %s", m.Problem)
	}
	if m.Channel != inbox.Webhook {
		title, _, _ := strings.Cut(m.Text, "\n")
		fmt.Fprintf(n.w, "told     %s: %s\n", cmp.Or(m.Robot, string(m.Channel)), cmp.Or(m.Subject, title))
		return nil
	}
	if !m.Signed {
		return errors.New("a notice came without a signature")
	}
	subject, _ := m.Data["subject"].(string)
	fmt.Fprintf(n.w, "\nnotice   %s   (%s, signature good)\n", subject, m.Type)
	text, _ := m.Data["text"].(string)
	for _, line := range strings.Split(text, "\n") {
		fmt.Fprintf(n.w, "         %s\n", line)
	}
	fmt.Fprintln(n.w)
	return nil
}

// progress prints a line for every export that has come on by a tenth.
func (n *night) progress() {
	for _, t := range n.s.CVM.Tasks() {
		var bytes, total int64
		for _, f := range t.Files {
			bytes, total = bytes+f.Bytes, total+f.Total
		}
		percent := 100 * bytes / max(total, 1)
		if shown, ok := n.last[t.ID]; ok && (percent == shown || percent < 100 && percent < shown+10) {
			continue
		}
		n.last[t.ID] = percent
		fmt.Fprintf(n.w, "export   %s  %3d %%  %s of %s%s\n", label(t), percent, humanize.IBytes(uint64(bytes)), humanize.IBytes(uint64(total)), n.pace(t, bytes, total))
	}
}

// pace tells the rate, and when the rest will be there.
func (n *night) pace(t cvm.Task, bytes, total int64) string {
	end := t.Ended
	if end.IsZero() {
		end = n.s.Clock.Now()
	}
	seconds := end.Sub(t.Started).Seconds()
	if bytes == 0 || seconds <= 0 {
		return ""
	}
	rate := float64(bytes) / seconds
	left := time.Duration(float64(total-bytes) / rate * float64(time.Second))
	return fmt.Sprintf("  %s/s  %s left", humanize.IBytes(uint64(rate)), left.Round(time.Second))
}

func label(t cvm.Task) string {
	f := t.Files[0]
	return fmt.Sprintf("%s (%d %s)", f.ImageID, len(t.Files), plural(len(t.Files), "disk"))
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// stuck reports a function that gave up, so that nobody waits for it.
func (n *night) stuck() error {
	for _, name := range functions {
		for _, i := range n.s.SCF.Invocations(name) {
			if i.Dropped {
				return fmt.Errorf("the function %s failed three times, the last time with: %s", name, i.ErrorMessage)
			}
		}
	}
	return nil
}
