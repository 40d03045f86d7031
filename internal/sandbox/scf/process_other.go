//go:build !linux

package scf

import "syscall"

// Functions are Linux binaries: elsewhere spawn fails to run them, and nothing
// here is reached with a process to act on.

const (
	sigStop = syscall.Signal(0)
	sigCont = syscall.Signal(0)
)

func processAttributes() *syscall.SysProcAttr { return nil }

func signalGroup(int, syscall.Signal) {}

func peakMemory(int) int64 { return 0 }
