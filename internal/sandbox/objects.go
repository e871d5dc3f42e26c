package sandbox

import (
	"net/http"
	"slices"
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
func (s *management) Objects(of string) []ObjectEntry {
	s.srv.store.mu.RLock()
	defer s.srv.store.mu.RUnlock()
	out := []ObjectEntry{}
	for account, w := range s.srv.store.accounts {
		for kind, sh := range w.kinds {
			if of != "" {
				sh = w.byParent[kind+"/"+of]
			}
			if kind != kindEvent && sh != nil {
				out = append(out, newest(w, account, sh)...)
			}
		}
	}
	slices.SortFunc(out, func(a, b ObjectEntry) int { return int(a.seq) - int(b.seq) })
	return out[max(0, len(out)-objectsShown):]
}

// newest lists the last objects of a shelf.
func newest(w *accountData, account string, sh *idList) []ObjectEntry {
	var out []ObjectEntry
	for _, id := range sh.ids[max(0, len(sh.ids)-objectsShown):] {
		if e, ok := w.objects[id]; ok {
			out = append(out, ObjectEntry{id, e.obj.objectKind(), account, append([]string{}, e.obj.parents()...), e.seq})
		}
	}
	return out
}

func (s *management) listObjects(w http.ResponseWriter, r *http.Request) {
	reply(w, s.Objects(r.URL.Query().Get("of")))
}
