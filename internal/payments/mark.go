package payments

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// The metadata keys that we set on every intent and subscription, and on
// refunds.
const (
	MetaOrder   = "checkoutd_order"
	MetaAttempt = "checkoutd_attempt"
	MetaProof   = "checkoutd_proof"
	// MetaSubscription names the subscription whose trial a SetupIntent begins,
	// which the SetupIntent does not refer to otherwise.
	MetaSubscription = "checkoutd_subscription"
)

// Mark is our metadata on an object at Stripe. Everybody with access to the
// account can read it and copy it, so it never proves by itself whose an object
// is: the ledger does, with the attempt that made the object. The proof tells
// our metadata from made-up metadata, even if the ledger was lost.
type Mark struct {
	OrderID   string
	AttemptID string
	Proof     string // "" before there were proofs
}

// MarkOf returns the mark in an object's metadata, zero for none.
func MarkOf(metadata map[string]string) Mark {
	return Mark{
		OrderID:   metadata[MetaOrder],
		AttemptID: metadata[MetaAttempt],
		Proof:     metadata[MetaProof],
	}
}

// proofSize is how many bytes of the HMAC make a proof.
const proofSize = 16

// proofOf returns the proof of an attempt or an operation: a keyed hash over
// its ID and the order's. Without a key there is none.
func proofOf(key []byte, orderID, id string) string {
	if len(key) == 0 {
		return ""
	}

	h := hmac.New(sha256.New, key)
	h.Write([]byte(orderID + "\n" + id))
	return hex.EncodeToString(h.Sum(nil)[:proofSize])
}

// Proves reports whether a mark was made by this installation.
func (s *Service) Proves(m Mark) bool { return m.ProvenBy(s.cfg.ProofKey) }

// ProvenBy reports whether a mark was made by the installation that has the key
// of proofs.
func (m Mark) ProvenBy(key []byte) bool {
	want := proofOf(key, m.OrderID, m.AttemptID)
	return want != "" && hmac.Equal([]byte(want), []byte(m.Proof))
}

// madeBy returns the attempt that made or confirmed the intent, or made the
// subscription, with the mark; nil if none did. An attempt makes one intent,
// and with it at most one subscription: a second object with the same mark is a
// copy. While the attempt's own object is not known, which it is with the
// answer to its call, the mark decides; nobody can copy it before the object
// exists.
func (st *State) madeBy(m Mark, intentID, subscriptionID string) *Attempt {
	if intentID != "" {
		if a := find(st.Attempts, func(a *Attempt) bool { return a.IntentID == intentID }); a != nil {
			return a
		}
	}

	a := st.attempt(m.AttemptID)
	if a == nil || m.OrderID != st.Order.ID || a.Params.IntentID != "" || a.Params.Metadata[MetaProof] != m.Proof {
		return nil
	}

	if a.IntentID == "" {
		return a
	}

	// The intent is known, its subscription may not be.
	in := st.Intent(a.IntentID)
	if subscriptionID != "" && in != nil && (in.SubscriptionID == "" || in.SubscriptionID == subscriptionID) && intentID == "" {
		return a
	}

	return nil
}
