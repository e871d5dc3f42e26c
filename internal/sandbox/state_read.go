package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
)

// openJournal reads the state file, if one is configured, and rewrites it. It tells whether there was one.
func (s *Server) openJournal() (restored bool, err error) {
	if s.cfg.StateFile == "" {
		return false, nil
	}
	lines, err := readLines(s.cfg.StateFile)
	if err != nil {
		return false, err
	}
	j := &journal{srv: s, path: s.cfg.StateFile}
	for i := range lines {
		if err := s.restore(&lines[i]); err != nil {
			return false, fmt.Errorf("state file %s: %w", s.cfg.StateFile, err)
		}
	}
	if len(lines) > 0 {
		j.seq.Store(lines[len(lines)-1].Seq)
	}
	s.journal = j
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(lines) > 0, j.compact()
}

// readLines returns the lines of a file in the order in which they were committed.
func readLines(path string) ([]line, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	var out []line
	in := bufio.NewReaderSize(f, 1<<20)
	for {
		raw, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break // what stands without a line end was cut off
		}
		if err != nil {
			return nil, err
		}
		var l line
		if err := json.Unmarshal(raw, &l); err != nil {
			return nil, fmt.Errorf("state file %s: %w", path, err)
		}
		out = append(out, l)
	}
	sort.SliceStable(out, func(i, k int) bool { return out[i].Seq < out[k].Seq })
	return out, nil
}

// newObject makes an empty object of a kind, ready to be decoded into.
func newObject(kind string) object {
	for _, make := range objectMakers {
		if obj := make(); kind == obj.objectKind() {
			return obj
		}
	}
	return nil
}

var objectMakers = []func() object{
	func() object { return &Customer{} }, func() object { return &PaymentMethod{} }, func() object { return &PaymentIntent{} },
	func() object { return &Charge{} }, func() object { return &Event{} }, func() object { return &BalanceTransaction{} },
	func() object { return &Refund{} }, func() object { return &ConfirmationToken{} }, func() object { return &CustomerSession{} },
	func() object { return &WebhookEndpoint{} }, func() object { return &DeletedObject{} }, func() object { return &SetupIntent{} },
	func() object { return &Dispute{} }, func() object { return &Source{} }, func() object { return &Record{} },
	func() object { return &Subscription{} }, func() object { return &SubscriptionItem{} }, func() object { return &Invoice{} }, func() object { return &InvoiceItem{} },
}

// restore puts one line back into memory.
func (s *Server) restore(l *line) error {
	switch {
	case l.Offset != nil:
		s.offset.Store(*l.Offset)
		return nil
	case l.Replay != nil:
		s.keys.remember(l.Replay)
		return nil
	case l.Removed != "":
		s.store.world(l.Account).remove(l.Removed)
		return nil
	}
	obj := newObject(l.Kind)
	if obj == nil {
		obj = newObject("record") // generic kinds share one type
	}
	dec := json.NewDecoder(bytes.NewReader(l.Object))
	dec.UseNumber()
	if err := dec.Decode(obj); err != nil {
		return fmt.Errorf("%s: %w", l.Kind, err)
	}
	if k, has := obj.(keeper); has && len(l.Private) > 0 {
		if err := json.Unmarshal(l.Private, k.secrets()); err != nil {
			return fmt.Errorf("%s: %w", l.Kind, err)
		}
	}
	if ev, ok := obj.(*Event); ok {
		ev.world = l.Account
	}
	s.store.put(s.store.world(l.Account), obj)
	return nil
}
