package httpserver

import (
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/rs/zerolog"
)

// bodyBudget is how many bytes of request bodies may be in flight. A body
// counts as the length that it may have, from when a handler begins to read it
// until its last byte.
const bodyBudget = 8 << 20

// minBody is what a body counts at least. It bounds the number of bodies in
// flight to 1,024.
const minBody = 8 << 10

// roomPeriod is how often the log may say that connections were closed.
const roomPeriod = time.Minute

// connections are the open connections of a server. A request of HTTP/2 counts
// as one, too, since a connection carries many at a time.
//
// A connection is idle while the server waits for its client: for the first
// byte, for headers, for a body, for the response to be taken, for the next
// request. It is busy only while the server works on a request that arrived
// completely. If there is no room for another connection or body, the
// connection that has been idle longest is closed. So clients that hold back
// a byte never keep out clients that do not.
type connections struct {
	max     int // in all
	perPeer int // of one address, unless it is exempt
	exempt  func(netip.Addr) bool
	log     zerolog.Logger

	mu     sync.Mutex
	ended  *sync.Cond // a connection or a body has ended
	idle   *list.List // of *conn, the longest idle first
	open   int
	ending int // closed for others, and net/http has not noticed yet
	peers  map[string]int
	room   report

	bodies  int64 // bytes of bodies in flight
	leaving int64 // of these, bytes of closed connections whose handlers have not noticed yet
}

// report counts what was done for lack of room, for one log line a period.
type report struct {
	closed, refused int
	next            time.Time
}

func newConnections(max int, exempt func(netip.Addr) bool, log zerolog.Logger) *connections {
	c := &connections{
		max:     max,
		perPeer: max / 8,
		exempt:  exempt,
		log:     log,
		idle:    list.New(),
		peers:   make(map[string]int),
	}

	c.ended = sync.NewCond(&c.mu)

	return c
}

// conn is an open connection. Its fields are guarded by all.mu.
type conn struct {
	*net.TCPConn // which also lets net/http close one direction only
	all          *connections
	peer         string        // "" if its address has no limit
	place        *list.Element // nil while the connection is busy, or closed
	busy         int           // requests that the server works on
	streams      int           // requests of HTTP/2
	body         int64         // bytes of the bodies in flight
	closed       bool
	ending       bool
}

// add registers an accepted connection and makes room for it. It returns nil if
// every other connection is busy.
func (c *connections) add(tcp *net.TCPConn) *conn {
	conn := &conn{TCPConn: tcp, all: c}
	if peer, err := netip.ParseAddrPort(tcp.RemoteAddr().String()); err == nil {
		if addr := peer.Addr().Unmap().WithZone(""); !c.exempt(addr) {
			conn.peer = limitKey(addr)
		}
	}

	c.mu.Lock()
	defer c.mu.Unlock()

	// Closed connections still hold memory until their goroutines have run.
	for c.ending > c.max/8 {
		c.ended.Wait()
	}

	if !c.admit(conn.peer) {
		return nil
	}

	conn.place = c.idle.PushBack(conn)
	return conn
}

// admit counts a connection, and makes room for it. It reports whether there is
// room.
func (c *connections) admit(peer string) bool {
	full := peer != "" && c.peers[peer] >= c.perPeer && !c.closeIdle(ofPeer(peer)) ||
		c.open >= c.max && !c.closeIdle(anyConn)
	if full {
		c.room.refused++
		c.reportRoom()
		return false
	}

	c.open++
	if peer != "" {
		c.peers[peer]++
	}

	return true
}

// dismiss counts n connections of a peer no longer.
func (c *connections) dismiss(peer string, n int) {
	c.open -= n
	if peer == "" {
		return
	}
	if c.peers[peer] -= n; c.peers[peer] == 0 {
		delete(c.peers, peer)
	}
}

func anyConn(*conn) bool { return true }

func hasBody(k *conn) bool { return k.body > 0 }

func ofPeer(peer string) func(*conn) bool {
	return func(k *conn) bool { return k.peer == peer }
}

// makeRoom closes the connection that has been idle longest, and reports
// whether there was one.
func (c *connections) makeRoom() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closeIdle(anyConn)
}

// closeIdle closes the matching connection that has been idle longest, and
// reports whether there was one.
func (c *connections) closeIdle(match func(*conn) bool) bool {
	for e := c.idle.Front(); e != nil; e = e.Next() {
		conn := e.Value.(*conn)
		if !match(conn) {
			continue
		}

		c.forget(conn)
		conn.ending = true
		c.ending++
		_ = conn.TCPConn.Close() // does not wait for unsent bytes
		c.room.closed++
		c.reportRoom()

		return true
	}

	return false
}

// reportRoom logs, at most once a period, that there is no room.
func (c *connections) reportRoom() {
	now := time.Now()
	if now.Before(c.room.next) {
		return
	}

	c.log.Warn().
		Int("closed", c.room.closed).
		Int("refused", c.room.refused).
		Int("open", c.open).
		Msg("too many connections: closed those that waited longest for their clients")

	c.room = report{next: now.Add(roomPeriod)}
}

// forget removes a connection that is closed.
func (c *connections) forget(conn *conn) {
	if conn.closed {
		return
	}

	conn.closed = true
	c.leaving += conn.body
	c.dismiss(conn.peer, 1+conn.streams)

	if conn.place != nil {
		c.idle.Remove(conn.place)
		conn.place = nil
	}
}

// Close closes the connection.
func (k *conn) Close() error {
	k.all.mu.Lock()
	k.all.forget(k)
	if k.ending {
		k.ending = false
		k.all.ending--
		k.all.ended.Broadcast()
	}
	k.all.mu.Unlock()

	return k.TCPConn.Close()
}

// beginStream counts a request of HTTP/2, and makes room for it. It reports
// whether there is room. Not even the request's own connection is spared.
func (k *conn) beginStream() bool {
	k.all.mu.Lock()
	defer k.all.mu.Unlock()

	if k.closed || !k.all.admit(k.peer) {
		return false
	}

	if k.closed {
		k.all.dismiss(k.peer, 1)
		return false
	}

	k.streams++
	return true
}

// endStream counts a request of HTTP/2 no longer.
func (k *conn) endStream() {
	k.all.mu.Lock()
	defer k.all.mu.Unlock()
	if !k.closed {
		k.streams--
		k.all.dismiss(k.peer, 1)
	}
}

// setBusy keeps the connection open while the server works on a request of it.
func (k *conn) setBusy() {
	k.all.mu.Lock()
	defer k.all.mu.Unlock()
	k.busy++
	if k.place != nil {
		k.all.idle.Remove(k.place)
		k.place = nil
	}
}

// setIdle ends a setBusy. It lets the connection be closed again if there is no
// room, unless the server works on another request of it.
func (k *conn) setIdle() {
	k.all.mu.Lock()
	defer k.all.mu.Unlock()
	k.busy--
	if k.busy == 0 && !k.closed {
		k.place = k.all.idle.PushBack(k)
	}
}

// beginBody counts a body of n bytes that is about to be read, and makes room
// for it. It returns when the bodies that had to go are gone, with what endBody
// is to be called with.
func (k *conn) beginBody(n int64) (counted int64) {
	c := k.all
	c.mu.Lock()
	defer c.mu.Unlock()

	n = max(n, minBody)
	for c.bodies+n > bodyBudget && !k.closed {
		if c.bodies-c.leaving+n > bodyBudget && c.closeIdle(hasBody) {
			continue
		}
		if c.leaving == 0 {
			break // this body alone is over the budget
		}

		c.ended.Wait()
	}

	if k.closed {
		return 0
	}

	k.body += n
	c.bodies += n
	return n
}

// endBody stops counting a body that counted as n bytes.
func (k *conn) endBody(n int64) {
	c := k.all
	c.mu.Lock()
	defer c.mu.Unlock()

	c.bodies -= n
	k.body -= n

	if k.closed {
		c.leaving -= n
	}

	c.ended.Broadcast()
}

// listener accepts connections into connections.
type listener struct {
	*net.TCPListener
	all *connections
}

// Accept returns the next connection. If the process has no file descriptor
// left, it closes the connection that has been idle longest. If there is none,
// net/http waits before it tries again.
func (l *listener) Accept() (net.Conn, error) {
	for {
		tcp, err := l.AcceptTCP()
		if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
			if l.all.makeRoom() {
				continue
			}
		}
		if err != nil {
			return nil, err
		}

		if conn := l.all.add(tcp); conn != nil {
			return conn, nil
		}

		_ = tcp.Close()
	}
}

type connKey struct{}

// withConn adds the connection to the context of its requests.
func withConn(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if k, ok := c.(*conn); ok {
		return context.WithValue(ctx, connKey{}, k)
	}
	return ctx
}
