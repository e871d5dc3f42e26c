package hooks

import (
	"context"
	"net/http"
	"sync"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// Sender delivers events with a pool of workers. It is safe for concurrent use.
type Sender struct {
	srv       *api.Server
	endpoints []Endpoint // configured
	targets   targets
	listeners []func(ev *api.Event) // get every event
	delays    []time.Duration
	client    *http.Client
	ctx       context.Context // ends deliveries in flight when the sandbox closes
	cancel    context.CancelFunc
	group     sync.WaitGroup

	mu      sync.Mutex
	cond    *sync.Cond
	queue   []*Delivery
	held    []*Delivery // by a reorder fault, until another one is queued
	byID    map[string]*Delivery
	order   []string             // of the IDs in byID, oldest first
	last    map[string]*Delivery // the latest one in line, by endpoint
	stopped bool
}

// New returns a sender for the configured endpoints. A nil delays stands for
// Stripe's. deliverTo lists
// further ports of this machine that endpoints may have, "*" for all.
func New(s *api.Server, delays []time.Duration, endpoints []Endpoint, deliverTo []string) *Sender {
	if delays == nil {
		delays = defaultRetryDelays
	}

	ctx, cancel := context.WithCancel(context.Background())
	out := &Sender{
		srv:       s,
		delays:    delays,
		endpoints: endpoints,
		targets:   newTargets(endpoints, deliverTo),
		byID:      map[string]*Delivery{},
		last:      map[string]*Delivery{},
		ctx:       ctx,
		cancel:    cancel,
		client: &http.Client{
			Timeout: deliveryTimeout,
			Transport: &http.Transport{ // without a proxy
				DialContext:         dialLoopback,
				MaxIdleConnsPerHost: senders,
				IdleConnTimeout:     time.Minute,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}

	out.cond = sync.NewCond(&out.mu)

	return out
}

// Start starts the workers.
func (q *Sender) Start() {
	for range senders {
		q.group.Go(q.work)
	}
}

// deliver queues an event for an endpoint and injects a fault if one is active.
// If ordered is set, the event waits until the previous one was sent there.
func (q *Sender) deliver(ev *api.Event, ep *WebhookEndpoint, ordered bool) {
	d := newDelivery(ev, ep)

	f := q.srv.Faults.TakeWebhook(ev.Type)

	q.mu.Lock()
	defer q.mu.Unlock()

	q.keep(d)

	switch {
	case f == nil && ordered:
		q.lineUp(d)
	case f == nil:
		q.push(d)
	case f.Kind == api.FaultDrop:
		d.State = "dropped"
	case f.Kind == api.FaultDuplicate:
		q.push(d)
		q.push(d)
	case f.Kind == api.FaultOtherMode:
		twin := newDelivery(ev, ep)
		twin.twin = wire.NewID("evt")
		q.keep(twin)
		q.push(twin)
		q.push(d)

	case f.Kind == api.FaultReorder:
		q.held = append(q.held, d)
		q.srv.Schedule.At("", q.srv.Now().Add(f.Pause(time.Second)), q.releaseHeld)
	default: // a delay
		q.srv.Schedule.At(d.Event, q.srv.Now().Add(f.Pause(time.Second)), func() { q.enqueue(d) })
	}
}

// newDelivery returns the delivery of an event to an endpoint.
func newDelivery(ev *api.Event, ep *WebhookEndpoint) *Delivery {
	return &Delivery{
		ID:       wire.NewID("wd"),
		Event:    ev.ID,
		Type:     ev.Type,
		Endpoint: ep.ID,
		URL:      ep.URL,
		State:    "pending",
	}
}

// twinOf returns an event like ev of the other mode. It cannot be read with the
// keys of this one. A live Connect endpoint gets test events, too:
// https://docs.stripe.com/connect/webhooks.
func twinOf(ev *api.Event, id string) *api.Event {
	twin := *ev
	twin.ID, twin.Livemode = id, !ev.Livemode
	return &twin
}

// Again queues an event for an endpoint again, without faults.
func (q *Sender) Again(ev *api.Event, ep *WebhookEndpoint) {
	d := newDelivery(ev, ep)

	q.mu.Lock()
	defer q.mu.Unlock()

	q.keep(d)
	q.push(d)
}

// Record adds a delivery that was made elsewhere.
func (q *Sender) Record(d *Delivery) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.keep(d)
}

// Clear empties the queue and deletes the record of all deliveries.
func (q *Sender) Clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queue, q.held, q.order = nil, nil, nil
	q.byID, q.last = map[string]*Delivery{}, map[string]*Delivery{}
}

// keep records a delivery for the desk and drops the oldest one if there are
// too many. The caller holds the lock.
func (q *Sender) keep(d *Delivery) {
	q.byID[d.ID] = d
	q.order = append(q.order, d.ID)
	for len(q.order) > keptDeliveries {
		delete(q.byID, q.order[0])
		q.order = q.order[1:]
	}
}

// push queues a delivery. Deliveries that a reorder fault holds back will
// follow it. The caller holds the lock.
func (q *Sender) push(d *Delivery) {
	d.then = append(d.then, q.held...)
	q.held = nil
	q.queue = append(q.queue, d)
	q.cond.Broadcast()
}

// lineUp queues a delivery behind the previous one in line for its endpoint.
// The caller holds the lock.
func (q *Sender) lineUp(d *Delivery) {
	if prev := q.last[d.Endpoint]; prev != nil && !prev.sent {
		prev.then = append(prev.then, d)
	} else {
		q.push(d)
	}

	q.last[d.Endpoint] = d
}

// followUp queues the deliveries that were to follow one.
func (q *Sender) followUp(d *Delivery) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queue = append(q.queue, d.then...)
	d.then, d.sent = nil, true
	q.cond.Broadcast()
}

func (q *Sender) enqueue(d *Delivery) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.push(d)
}

// releaseHeld queues the deliveries that no other one has overtaken in time.
func (q *Sender) releaseHeld() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queue = append(q.queue, q.held...)
	q.held = nil
	q.cond.Broadcast()
}

func (q *Sender) work() {
	for {
		d := q.next()
		if d == nil {
			return
		}
		q.attempt(d)
	}
}

func (q *Sender) next() *Delivery {
	q.mu.Lock()
	defer q.mu.Unlock()

	for len(q.queue) == 0 && !q.stopped {
		q.cond.Wait()
	}

	if q.stopped {
		return nil
	}

	d := q.queue[0]
	q.queue = q.queue[1:]
	return d
}

// Stop ends the workers. Deliveries in flight may finish until ctx ends.
func (q *Sender) Stop(ctx context.Context) error {
	q.mu.Lock()
	q.stopped = true
	q.cond.Broadcast()
	q.mu.Unlock()
	defer q.cancel()

	idle := make(chan struct{})
	go func() {
		q.group.Wait()
		close(idle)
	}()

	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		q.cancel()
		<-idle
		return ctx.Err()
	}
}
