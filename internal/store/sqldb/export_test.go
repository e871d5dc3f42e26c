package sqldb

// MaxShared is how many callers share a commit at most.
const MaxShared = maxShared

// InLine returns how many callers wait for their turn at the writer of SQLite.
func (db *DB) InLine() int {
	g := db.write.group
	g.mu.Lock()
	defer g.mu.Unlock()

	return len(g.line)
}
