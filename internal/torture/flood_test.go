package torture_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// mostMemory is the most memory that the server may need during a flood. The
// race detector needs several times as much, so it is not checked with it.
const mostMemory = 150 << 20

// flooders returns how many connections a flood has: as many as this process
// may open beside others.
func flooders(t *testing.T) int {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	return min(scaled(600, 10_000), int(limit.Cur)*2/3)
}

// TestFloods holds back one byte of thousands of requests. Buyers must be able
// to pay meanwhile, and the memory must stay within bounds.
func TestFloods(t *testing.T) {
	for name, request := range map[string]func() string{
		"webhooks without a signature": func() string {
			return post("/webhooks/stripe", 1<<20, "Stripe-Signature: hello")
		},
		"webhooks that look signed": func() string {
			return post("/webhooks/stripe", 256<<10, fmt.Sprintf("Stripe-Signature: t=%d,v1=%064d", time.Now().Unix(), 1))
		},
		"orders":            func() string { return post("/orders", 16<<10, "Content-Type: application/json") },
		"unknown addresses": func() string { return post("/nowhere", 32<<10, "") },
		"headers without an end": func() string {
			return "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 15<<10)
		},
		"pages that nobody reads": func() string {
			return strings.Repeat("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 50)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			flood := newFlood(t, h.servers[0].addr())
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()

			done := make(chan struct{})
			go func() {
				flood.open(ctx, flooders(t), request)
				close(done)
			}()

			paid := 0
			for flooding := true; flooding || paid < 3; paid++ {
				if err := h.buy(ctx, mug, goodCard); err != nil {
					t.Fatalf("buyer %d could not pay: %v", paid, err)
				}

				select {
				case <-done:
					flooding = false
				default:
				}
			}

			used := peakMemory(t, h.servers[0].pid())
			t.Logf("%d connections, %d buyers, at most %d MB", flooders(t), paid, used>>20)
			if !watched() && used > mostMemory {
				t.Errorf("the server needed %d MB, want at most %d", used>>20, mostMemory>>20)
			}

			h.wantAgreement(patience)
		})
	}
}

// TestFewFileDescriptors floods a server that may open few files. It must serve
// buyers, and must not fail to open its database or connections to Stripe.
func TestFewFileDescriptors(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.servers[0].kill()
	h.servers[0].files = 96
	h.start()

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	newFlood(t, h.servers[0].addr()).open(ctx, 400, func() string { return "GET / HTTP/1.1\r\nHost: localhost\r\n" })
	for i := range 5 {
		if err := h.buy(ctx, mug, goodCard); err != nil {
			t.Fatalf("buyer %d could not pay: %v", i, err)
		}
	}

	h.wantAgreement(patience)
}

// post returns a request that lacks the last byte of its body.
func post(path string, size int, header string) string {
	if header != "" {
		header += "\r\n"
	}
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n%s", path, header, size,
		strings.Repeat(" ", size-1))
}

// flood is a number of clients that never finish.
type flood struct {
	addr  string
	mu    sync.Mutex
	conns []net.Conn
}

func newFlood(t *testing.T, addr string) *flood {
	f := &flood{addr: addr}
	t.Cleanup(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, c := range f.conns {
			_ = c.Close()
		}
	})

	return f
}

// open opens n connections and sends a request on each, until the server takes
// no more of it.
func (f *flood) open(ctx context.Context, n int, request func() string) {
	var wg sync.WaitGroup
	turns := make(chan struct{})
	for range 100 {
		wg.Go(func() {
			for range turns {
				f.connect(ctx, request())
			}
		})
	}

	for range n {
		turns <- struct{}{}
	}

	close(turns)
	wg.Wait()
}

func (f *flood) connect(ctx context.Context, request string) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", f.addr)
	if err != nil {
		return // refused
	}

	f.mu.Lock()
	f.conns = append(f.conns, conn)
	f.mu.Unlock()

	// A server that reads no more must not hold up the others.
	_ = conn.SetWriteDeadline(time.Now().Add(2 * time.Second))
	_, _ = io.WriteString(conn, request)
}

var peak = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakMemory returns the most memory that the process has used, in bytes, 0
// where the system does not tell.
func peakMemory(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}

	found := peak.FindSubmatch(status)
	if found == nil {
		t.Fatalf("no VmHWM in %s", status)
	}

	kib, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}
