package orders

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"hash/maphash"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"checkoutd/internal/cleantext"
	"checkoutd/internal/fault"
)

// A receipt is what somebody sees of an order who does not hold its token: the
// holder of the link in an e-mail, or who knows its number and the buyer's
// e-mail address. It opens nothing else: no call of the buyer, and no payment.

const (
	receiptLinkLife = 90 * 24 * time.Hour // of the link in an e-mail
	receiptOpenLife = 24 * time.Hour      // of the cookie of a browser that followed it
)

// triesPerHour is how often somebody may try to find one order.
const triesPerHour = 10

// errReceiptNotFound is the one answer to an unknown number and to an e-mail
// address that is not the buyer's.
var errReceiptNotFound = fault.New(fault.NotFound, "receipt_not_found",
	"There is no order with this number and this e-mail address.")

var errReceiptTries = fault.New(fault.TooMany, "receipt_tries",
	"Somebody tried to find this order too often. Please wait an hour, or use the link in your e-mail.").
	With("retry_after", 3600)

// ReceiptURL returns the address that shows an order's receipt to whoever has
// it, "" if there are no such links.
func (s *Service) ReceiptURL(o *Order) string {
	if s.cfg.ReceiptKey == nil {
		return ""
	}
	key := s.signReceipt("link", o.ID, s.cfg.Now().Add(receiptLinkLife))
	return s.cfg.BaseURL + ReceiptPath(o.ID) + "?key=" + key
}

// ReceiptPath returns the path of the page that shows a receipt.
func ReceiptPath(id string) string { return "/receipt/" + id }

// OpenReceipt lets the browser see the receipt if key is that of its link;
// otherwise it returns ErrNotFound. A link that has expired opens nothing.
func (s *Service) OpenReceipt(w http.ResponseWriter, r *http.Request, id, key string) error {
	if !s.receiptSigned("link", id, key) {
		return ErrNotFound
	}
	if _, err := s.receipt(r, id); err != nil {
		return err
	}

	s.showReceipt(w, id)
	return nil
}

// Receipt returns the order if the request's browser may see its receipt;
// otherwise it returns ErrNotFound.
func (s *Service) Receipt(r *http.Request, id string) (Order, error) {
	c, err := r.Cookie(s.receiptCookie())
	if err != nil || !s.receiptSigned("cookie", id, c.Value) {
		return Order{}, ErrNotFound
	}
	return s.receipt(r, id)
}

// FindReceipt lets the browser see the receipt of the order with the number and
// the buyer's e-mail address, and returns the order's ID. A wrong number and a
// wrong address cost the same queries and have the same answer.
func (s *Service) FindReceipt(w http.ResponseWriter, r *http.Request, number, email string) (id string, err error) {
	number, err = cleantext.Line(number)
	number = strings.TrimSpace(strings.TrimPrefix(number, "#"))
	if err != nil || number == "" || len(number) > maxReceiptNumber || s.cfg.ReceiptKey == nil {
		return "", errReceiptNotFound
	}

	if email, err = cleantext.Line(email); err != nil {
		return "", errReceiptNotFound
	}
	if !s.tries.allow(strings.ToUpper(number), s.cfg.Now()) {
		return "", errReceiptTries
	}

	found, err := s.cfg.Store.OrdersByNumber(r.Context(), number)
	if err != nil {
		return "", err
	}

	if len(found) == 0 { // so that the answer takes as long as for a wrong address
		if _, err := s.cfg.Store.Order(r.Context(), "ord_none"); err != nil && !errors.Is(err, ErrNotFound) {
			return "", err
		}
	}

	given := emailHash(email)
	match := slices.IndexFunc(found, func(o Order) bool {
		has := emailHash(o.Contact.Email)
		return subtle.ConstantTimeCompare(given[:], has[:]) == 1 && o.Contact.Email != "" && o.ErasedAt.IsZero()
	})
	if match < 0 {
		return "", errReceiptNotFound
	}

	s.showReceipt(w, found[match].ID)
	return found[match].ID, nil
}

// maxReceiptNumber bounds the number of an order that a request names. The
// shop's own numbers are not longer.
const maxReceiptNumber = 200

func emailHash(email string) [sha256.Size]byte {
	return sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(email))))
}

// receipt returns an order of which there is something to show: nothing is left
// of one whose buyer was erased.
func (s *Service) receipt(r *http.Request, id string) (Order, error) {
	o, err := s.cfg.Store.Order(r.Context(), id)
	if err == nil && !o.ErasedAt.IsZero() {
		err = ErrNotFound
	}
	if err != nil {
		return Order{}, err
	}
	return o, nil
}

// ReceiptView returns what a receipt shows of an order: not who the buyer is,
// nor where the buyer lives. A link may be forwarded.
func (s *Service) ReceiptView(ctx context.Context, o Order) View {
	v := s.View(ctx, o)
	v.Contact, v.Message = Contact{}, ""
	return v
}

func (s *Service) receiptCookie() string {
	if s.cookie.Secure {
		return "__Host-checkoutd_receipt"
	}
	return "checkoutd_receipt"
}

// showReceipt gives the browser the cookie that shows one receipt.
func (s *Service) showReceipt(w http.ResponseWriter, id string) {
	http.SetCookie(w, &http.Cookie{
		Name:     s.receiptCookie(),
		Value:    s.signReceipt("cookie", id, s.cfg.Now().Add(receiptOpenLife)),
		Path:     "/",
		MaxAge:   int(receiptOpenLife.Seconds()),
		Secure:   s.cookie.Secure,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
}

// signReceipt returns a key that opens the receipt of an order until then. use
// keeps the keys of links and of cookies apart.
func (s *Service) signReceipt(use, id string, until time.Time) string {
	end := strconv.FormatInt(until.Unix(), 36)
	mac := hmac.New(sha256.New, s.cfg.ReceiptKey)
	mac.Write([]byte(use + "\n" + id + "\n" + end))
	return end + "_" + hex.EncodeToString(mac.Sum(nil))
}

// receiptSigned reports whether key is ours for that use and that order, and
// has not expired.
func (s *Service) receiptSigned(use, id, key string) bool {
	end, _, _ := strings.Cut(key, "_")
	unix, err := strconv.ParseInt(end, 36, 64)
	if err != nil || s.cfg.ReceiptKey == nil || !isWord(id) {
		return false
	}

	until := time.Unix(unix, 0)
	return hmac.Equal([]byte(s.signReceipt(use, id, until)), []byte(key)) && s.cfg.Now().Before(until)
}

// tries counts how often something was tried in an hour, by its name. Names
// share the counters of a table of fixed size, so that whoever invents names
// neither takes memory nor keeps others from trying: to close a tenth of the
// counters takes 400,000 tries in the hour. Which names share one is random,
// and changes with the hour. The zero value is ready. It is safe for concurrent
// use.
type tries struct {
	mu     sync.Mutex
	since  time.Time
	seed   maphash.Seed
	counts [1 << 16]uint8
}

// allow counts a try, and reports whether it is one of the first in its hour.
func (t *tries) allow(name string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()

	if t.since.IsZero() || now.Sub(t.since) >= time.Hour {
		t.since, t.seed = now, maphash.MakeSeed()
		clear(t.counts[:])
	}

	n := &t.counts[maphash.String(t.seed, name)%uint64(len(t.counts))]
	if *n >= triesPerHour {
		return false
	}

	*n++
	return true
}
