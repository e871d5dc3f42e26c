package desk

import (
	"net/http"
	"slices"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
)

// ObjectEntry names one kept object and what it belongs to: its customer, its intent, its charge.
type ObjectEntry struct {
	ID        string   `json:"id"`
	Object    string   `json:"object"`
	Account   string   `json:"account"`
	BelongsTo []string `json:"belongs_to"`
	seq       uint64
}

// objectsShown bounds what the desk lists.
const objectsShown = 300

// Objects lists the newest objects of every account, oldest first, events left out; of is an id and takes those that belong
// to it, all objects when empty.
func (s *Management) Objects(of string) []ObjectEntry {
	s.srv.Store.Mu.RLock()
	defer s.srv.Store.Mu.RUnlock()
	out := []ObjectEntry{}
	for account, w := range s.srv.Store.Accounts {
		for kind, sh := range w.Kinds {
			if of != "" {
				sh = w.ByParent[kind+"/"+of]
			}
			if kind != api.KindEvent && sh != nil {
				out = append(out, newest(w, account, sh)...)
			}
		}
	}
	slices.SortFunc(out, func(a, b ObjectEntry) int { return int(a.seq) - int(b.seq) })
	return out[max(0, len(out)-objectsShown):]
}

// newest lists the last objects of a shelf.
func newest(w *memory.AccountData, account string, sh *memory.IDList) []ObjectEntry {
	var out []ObjectEntry
	for _, id := range sh.IDs[max(0, len(sh.IDs)-objectsShown):] {
		if e, ok := w.Objects[id]; ok {
			out = append(out, ObjectEntry{id, e.Object.ObjectKind(), account, append([]string{}, e.Object.Parents()...), e.Seq})
		}
	}
	return out
}

func (s *Management) listObjects(w http.ResponseWriter, r *http.Request) {
	reply(w, s.Objects(r.URL.Query().Get("of")))
}
