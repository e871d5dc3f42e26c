package memory

import (
	"cmp"
	"slices"
)

// place is where the latest record of something is.
type place struct {
	rev, born uint64
	at        int64
	size      int
	removed   bool
}

// contents is what the file holds of each thing: its latest record.
type contents struct {
	objects map[string]map[string]place // by account and ID
	keys    map[string]place
	clock   place
	offset  int64
	reset   uint64 // nothing older counts

	lastRev, lastBorn uint64
	end               int64 // of the last whole frame
	alive             int64 // the bytes of the records that count
}

// scan notes where the records of a frame are.
func (c *contents) scan(payload []byte, at int64) error {
	for whole := len(payload); len(payload) > 0; {
		raw, rest, err := cutSized(payload)
		if err != nil {
			return err
		}

		r, err := decodeRecord(raw)
		if err != nil {
			return err
		}

		c.note(&r, place{
			rev:     r.rev,
			born:    r.born,
			at:      at + int64(whole-len(rest)-len(raw)),
			size:    len(raw),
			removed: r.kind == removedRecord,
		})
		payload = rest
	}

	return nil
}

// note keeps the place of a record if it is the latest of its thing. The
// records are nearly, but not quite, in the order of the changes.
func (c *contents) note(r *record, p place) {
	c.lastRev, c.lastBorn = max(c.lastRev, p.rev), max(c.lastBorn, p.born)

	switch r.kind {
	case objectRecord, removedRecord:
		of := c.objects[string(r.account)]
		if of == nil {
			of = map[string]place{}
			c.objects[string(r.account)] = of
		}
		if of[string(r.id)].rev < p.rev {
			of[string(r.id)] = p
		}

	case keyRecord:
		if c.keys[string(r.id)].rev < p.rev {
			c.keys[string(r.id)] = p
		}

	case clockRecord:
		if c.clock.rev < p.rev {
			c.clock, c.offset = p, r.offset
		}

	case resetRecord:
		c.reset = max(c.reset, p.rev)
	}
}

// latest returns the places of the objects, in order of creation, and of the
// idempotency keys, oldest first.
func (c *contents) latest() (objects, keys []place) {
	for _, of := range c.objects {
		for _, p := range of {
			if !p.removed && p.rev > c.reset {
				objects = append(objects, p)
			}
		}
	}

	for _, p := range c.keys {
		if p.rev > c.reset {
			keys = append(keys, p)
		}
	}

	slices.SortFunc(objects, func(a, b place) int { return cmp.Compare(a.born, b.born) })
	slices.SortFunc(keys, func(a, b place) int { return cmp.Compare(a.rev, b.rev) })

	return objects, keys
}
