package bench_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// workload is what the client process does: callers, each on a connection of
// its own, send different requests of one kind, one after the other, until the
// time is over.
type workload struct {
	Kind    string // a key of kinds
	Addr    string
	Secret  string
	Callers int
	For     time.Duration
	Max     int   // requests, all prepared before the clock starts
	First   int64 // the number of the first request; none is used twice
}

// result is the outcome of a workload.
type result struct {
	Done    int
	Elapsed time.Duration
	CPU     time.Duration // that the client used meanwhile
	Longest time.Duration // that a caller waited for a response
	Err     string
}

func (r result) perSecond() float64 { return float64(r.Done) / r.Elapsed.Seconds() }

// kinds prepare the requests of a workload. The function they return writes the
// nth request over buf, as bytes ready for the wire.
var kinds = map[string]func(w workload) func(buf []byte, n int) []byte{
	"webhook": webhookRequests,
	"intent":  intentRequests,
	"keyed":   keyedRequests,
}

// client is the process that sends the requests. It is separate, so that its
// CPU time is known and its garbage does not burden the server.
type client struct {
	workloads *json.Encoder
	results   *json.Decoder
	next      int64
}

// clientEnv turns this test binary into the client.
const clientEnv = "CHECKOUTD_BENCH_ASKER"

func TestMain(m *testing.M) {
	if os.Getenv(clientEnv) != "" {
		if err := serveWorkloads(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// startClient starts the client. It exits when its input ends, at the latest
// with this process.
func startClient(b *testing.B) *client {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), clientEnv+"=1")
	cmd.Stderr = os.Stderr
	in, inErr := cmd.StdinPipe()

	out, outErr := cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr, cmd.Start()); err != nil {
		b.Fatal(err)
	}

	b.Cleanup(func() {
		if err := errors.Join(in.Close(), cmd.Wait()); err != nil {
			b.Error(err)
		}
	})

	return &client{workloads: json.NewEncoder(in), results: json.NewDecoder(out)}
}

// run has the client run a workload and returns its result.
func (c *client) run(b *testing.B, w workload) result {
	b.Helper()
	w.First = c.next
	c.next += int64(w.Max)

	var r result
	if err := errors.Join(c.workloads.Encode(w), c.results.Decode(&r)); err != nil {
		b.Fatal(err)
	}
	if r.Err != "" {
		b.Fatal(r.Err)
	}

	return r
}

// serveWorkloads is the main loop of the client: it reads workloads from in,
// runs them and writes their results to out.
func serveWorkloads(in io.Reader, out io.Writer) error {
	workloads, results := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var w workload
		err := workloads.Decode(&w)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}

		r, err := runWorkload(w)
		if err != nil {
			r.Err = err.Error()
		}

		if err := results.Encode(r); err != nil {
			return err
		}
	}
}

// runWorkload connects the callers, starts the clock and sends requests until
// the time or the requests run out.
func runWorkload(w workload) (result, error) {
	request := kinds[w.Kind](w)
	callers := make([]*caller, w.Callers)
	for i := range callers {
		conn, err := net.Dial("tcp", w.Addr)
		if err != nil {
			return result{}, err
		}
		defer func() { _ = conn.Close() }()

		callers[i] = &caller{conn: conn, responses: bufio.NewReaderSize(conn, 8<<10)}
	}

	var taken, done, longest atomic.Int64
	failed := make(chan error, len(callers))
	var wg sync.WaitGroup

	cpu, start := cpuTime(), time.Now()
	end := start.Add(w.For)
	for _, c := range callers {
		wg.Go(func() {
			for time.Now().Before(end) {
				n := int(taken.Add(1)) - 1
				if n >= w.Max {
					return
				}

				sent := time.Now()
				if err := c.call(request(c.buf, n)); err != nil {
					failed <- err
					return
				}

				raise(&longest, int64(time.Since(sent)))
				done.Add(1)
			}
		})
	}

	wg.Wait()

	r := result{
		Done:    int(done.Load()),
		Elapsed: time.Since(start),
		CPU:     cpuTime() - cpu,
		Longest: time.Duration(longest.Load()),
	}
	select {
	case err := <-failed:
		return r, err
	default:
		return r, nil
	}
}

// raise sets n to v if v is larger.
func raise(n *atomic.Int64, v int64) {
	for {
		have := n.Load()
		if v <= have || n.CompareAndSwap(have, v) {
			return
		}
	}
}

// caller speaks just enough HTTP/1.1 to cost little: one keep-alive connection,
// responses with a Content-Length.
type caller struct {
	conn      net.Conn
	responses *bufio.Reader
	buf       []byte // of the last request
}

// call sends a request and reads the response, which must be a 200.
func (c *caller) call(request []byte) error {
	c.buf = request
	if _, err := c.conn.Write(request); err != nil {
		return err
	}

	line, err := c.responses.ReadSlice('\n')
	if err != nil {
		return err
	}
	if len(line) < 12 || string(line[9:12]) != "200" {
		return fmt.Errorf("the server answered %q", line)
	}

	length := -1
	for {
		line, err := c.responses.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) == 2 { // the empty line
			break
		}

		if n, ok := contentLength(line); ok {
			length = n
		}
	}

	if length < 0 {
		return errors.New("the response has no Content-Length")
	}

	_, err = c.responses.Discard(length)
	return err
}

func contentLength(line []byte) (n int, ok bool) {
	const name = "Content-Length: "
	if len(line) < len(name) || string(line[:len(name)]) != name {
		return 0, false
	}

	for _, digit := range line[len(name) : len(line)-2] {
		n = 10*n + int(digit-'0')
	}
	return n, true
}

// cpuTime returns the CPU time that this process has used.
func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
