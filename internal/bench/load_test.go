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

// order is what the asking process is told to do: callers, each on a connection of its own,
// send different requests of one kind, one after the other, until the time is over.
type order struct {
	Kind    string // a key of kinds
	Addr    string
	Secret  string
	Callers int
	For     time.Duration
	Most    int   // requests; they are prepared before the clock starts
	First   int64 // number of the first request; no number is used twice
}

// tally is what came of an order.
type tally struct {
	Done    int
	Elapsed time.Duration
	CPU     time.Duration // of the asking process while it asked
	Err     string
}

func (t tally) perSecond() float64 { return float64(t.Done) / t.Elapsed.Seconds() }

// kinds prepare the requests of an order: the answer gives the nth of them, as bytes ready for
// the wire, written over buf.
var kinds = map[string]func(o order) func(buf []byte, n int) []byte{
	"webhook": webhookRequests,
	"intent":  intentRequests,
}

// asker is the process that asks. It is a process of its own, so that its processor
// time is known and its garbage is not collected on the server's account.
type asker struct {
	orders  *json.Encoder
	tallies *json.Decoder
	next    int64
}

// askerEnv makes this test binary an asker.
const askerEnv = "CHECKOUTD_BENCH_ASKER"

func TestMain(m *testing.M) {
	if os.Getenv(askerEnv) != "" {
		if err := answerOrders(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// startAsker starts the process; it ends with its input, at the latest with this process.
func startAsker(b *testing.B) *asker {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), askerEnv+"=1")
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
	return &asker{orders: json.NewEncoder(in), tallies: json.NewDecoder(out)}
}

// ask has an order carried out.
func (a *asker) ask(b *testing.B, o order) tally {
	b.Helper()
	o.First = a.next
	a.next += int64(o.Most)
	var t tally
	if err := errors.Join(a.orders.Encode(o), a.tallies.Decode(&t)); err != nil {
		b.Fatal(err)
	}
	if t.Err != "" {
		b.Fatal(t.Err)
	}
	return t
}

// answerOrders is the asking process.
func answerOrders(in io.Reader, out io.Writer) error {
	orders, tallies := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var o order
		err := orders.Decode(&o)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		t, err := carryOut(o)
		if err != nil {
			t.Err = err.Error()
		}
		if err := tallies.Encode(t); err != nil {
			return err
		}
	}
}

func carryOut(o order) (tally, error) {
	request := kinds[o.Kind](o)
	callers := make([]*caller, o.Callers)
	for i := range callers {
		conn, err := net.Dial("tcp", o.Addr)
		if err != nil {
			return tally{}, err
		}
		defer func() { _ = conn.Close() }()
		callers[i] = &caller{conn: conn, answers: bufio.NewReaderSize(conn, 8<<10)}
	}
	var taken, done atomic.Int64
	failed := make(chan error, len(callers))
	var wg sync.WaitGroup
	cpu, start := cpuTime(), time.Now()
	end := start.Add(o.For)
	for _, c := range callers {
		wg.Go(func() {
			for time.Now().Before(end) {
				n := int(taken.Add(1)) - 1
				if n >= o.Most {
					return
				}
				if err := c.call(request(c.buf, n)); err != nil {
					failed <- err
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	t := tally{Done: int(done.Load()), Elapsed: time.Since(start), CPU: cpuTime() - cpu}
	select {
	case err := <-failed:
		return t, err
	default:
		return t, nil
	}
}

// caller speaks just enough HTTP/1.1 to cost little: one keep-alive connection, answers that
// say their length.
type caller struct {
	conn    net.Conn
	answers *bufio.Reader
	buf     []byte // of the last request
}

func (c *caller) call(request []byte) error {
	c.buf = request
	if _, err := c.conn.Write(request); err != nil {
		return err
	}
	line, err := c.answers.ReadSlice('\n')
	if err != nil {
		return err
	}
	if len(line) < 12 || string(line[9:12]) != "200" {
		return fmt.Errorf("the server answered %q", line)
	}
	length := -1
	for {
		line, err := c.answers.ReadSlice('\n')
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
		return errors.New("the server did not say the length of its answer")
	}
	_, err = c.answers.Discard(length)
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

// cpuTime is the processor time that this process has used.
func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
