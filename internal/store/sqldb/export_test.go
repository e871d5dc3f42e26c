package sqldb

// InLine returns how many callers wait for their turn at the writer of SQLite.
func (db *DB) InLine() int {
	g := db.write.group
	g.mu.Lock()
	defer g.mu.Unlock()

	return len(g.line)
}
