package app

// LoseDatabase closes the database under the running app.
func (a *App) LoseDatabase() error { return a.store.Close() }
