//go:build !unix

package api_test

import (
	"os/exec"
	"syscall"
)

func ownGroup() *syscall.SysProcAttr { return nil }

func endGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }
