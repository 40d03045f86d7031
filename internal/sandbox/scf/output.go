package scf

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
)

// maxOutput is how many bytes of an invocation's output are kept.
const maxOutput = 64 << 10

// output collects what an instance writes and cuts it into invocations.
//
// What a process has written before its reply may still be in the pipe when the
// reply is here. So take writes a secret mark into the same pipe: when the mark
// comes out at the other end, all that was written before has come out too.
type output struct {
	pipe  *os.File // write end: the instance's stdout and stderr, and ours for marks
	mark  string
	taken chan string   // what came before a mark
	ended chan struct{} // the read end is closed
}

func newOutput() (*output, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	o := &output{pipe: write, mark: rand.Text() + "\n", taken: make(chan string), ended: make(chan struct{})}
	go o.collect(read)
	return o, nil
}

// collect reads until all writers are gone.
func (o *output) collect(read *os.File) {
	defer close(o.ended)
	defer read.Close()
	var text bytes.Buffer
	dropped := 0
	for in := bufio.NewReader(read); ; {
		chunk, err := in.ReadSlice('\n')
		switch {
		case string(chunk) == o.mark:
			if dropped > 0 {
				fmt.Fprintf(&text, "\n(%d more bytes of output were dropped)\n", dropped)
			}
			o.taken <- text.String()
			text.Reset()
			dropped = 0
		case text.Len()+len(chunk) > maxOutput:
			dropped += len(chunk)
		default:
			text.Write(chunk)
		}
		if err != nil && err != bufio.ErrBufferFull {
			return
		}
	}
}

// take returns the lines that were written since the last take. The instance
// must be frozen or dead.
func (o *output) take() []string {
	// The mark needs a line of its own, even behind an unfinished one.
	if _, err := o.pipe.WriteString("\n" + o.mark); err != nil {
		return nil
	}
	text := strings.TrimRight(<-o.taken, "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// close ends the collection; the instance must be dead.
func (o *output) close() {
	o.pipe.Close()
	<-o.ended
}
