package sqldb

import "time"

// PoolStats is what a pool of connections does.
type PoolStats struct {
	Name   string // write or read; write is all on PostgreSQL
	Open   int
	InUse  int
	Waits  int64         // for a free connection, so far
	Waited time.Duration // so far
}

// Stats returns what the pools do.
func (db *DB) Stats() []PoolStats {
	list := []PoolStats{db.write.figures("write")}
	if db.read != db.write {
		list = append(list, db.read.figures("read"))
	}
	return list
}

func (p *pool) figures(name string) PoolStats {
	s := p.Stats()
	f := PoolStats{name, s.OpenConnections, s.InUse, s.WaitCount, s.WaitDuration}
	if p.group != nil { // its callers wait for their turn instead
		waits, waited := p.group.figures()
		f.Waits += waits
		f.Waited += waited
	}

	return f
}
