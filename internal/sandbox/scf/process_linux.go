package scf

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"syscall"
)

const (
	sigStop = syscall.SIGSTOP
	sigCont = syscall.SIGCONT
)

// processAttributes puts an instance into a process group of its own, and has
// the kernel kill it if this process dies without Close. The kernel goes by the
// thread that started it, which is the same: Go ends a thread only with a
// goroutine that is locked to it, and nothing here locks one.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func signalGroup(pid int, s syscall.Signal) {
	syscall.Kill(-pid, s) // a group that is gone needs no signal
}

// peakMemory returns the most bytes that the process ever had in memory, or 0
// if it is gone.
func peakMemory(pid int) int64 {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			var kib int64
			fmt.Sscan(value, &kib)
			return kib << 10
		}
	}
	return 0
}
