//go:build linux || darwin

package httpserver_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/httpserver"
)

// fewFiles tells the test binary to run as the server of
// TestNoFileDescriptorLeft.
const fewFiles = "CHECKOUTD_TEST_FEW_FILES"

// TestServerWithFewFiles is the other process of TestNoFileDescriptorLeft, and
// does nothing by itself.
func TestServerWithFewFiles(t *testing.T) {
	if os.Getenv(fewFiles) == "" {
		return
	}

	h, _, _ := crowded(t, 1000)
	s, err := httpserver.Listen(context.Background(), httpserver.Config{
		Addr:    "127.0.0.1:0",
		Handler: h,
		Log:     zerolog.New(os.Stderr),

		// No connection ends by itself.
		ReadHeaderTimeout: time.Hour,
		ReadTimeout:       time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}

	// The limit for connections was set before, so the descriptors run out
	// first.
	limit := syscall.Rlimit{Cur: 32, Max: 32}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}

	fmt.Println("addr", s.Addr())
	if err := s.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestNoFileDescriptorLeft(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServerWithFewFiles$", "-test.v")
	cmd.Env = append(os.Environ(), fewFiles+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })

	srv := &running{}
	for lines := bufio.NewScanner(out); srv.addr == "" && lines.Scan(); {
		srv.addr, _ = strings.CutPrefix(lines.Text(), "addr ")
		if _, _, err := net.SplitHostPort(srv.addr); err != nil {
			srv.addr = ""
		}
	}

	for range 100 {
		srv.send(t, ping[:20])
	}
	for i := range 20 {
		wantResponse(t, srv.send(t, ping), fmt.Sprintf("buyer %d", i), http.StatusOK, "pong")
	}
}
