package orders

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"checkoutd/internal/cleantext"
	"checkoutd/internal/fault"
	pagetexts "checkoutd/internal/texts"
)

// Stripe's limits (https://docs.stripe.com/api/metadata,
// https://docs.stripe.com/api/payment_intents/create). Three of the 50 keys of
// metadata are our own mark.
const (
	ownMetadataKeys     = 3
	maxMetadataKeys     = 50 - ownMetadataKeys
	maxMetadataKey      = 40
	maxMetadataValue    = 500
	maxDescription      = 1000
	maxPlanDescription  = 500 // of a subscription
	maxStatementSuffix  = 22
	maxURL              = 2048
	metadataPrefix      = "checkoutd_"
	maxMethodTypes      = 30
	minLife, maxLife    = time.Minute, 90 * 24 * time.Hour
	statementForbidden  = `<>\'"*`
	methodBankTransfer  = "customer_balance"
	methodUSBankAccount = "us_bank_account"
)

var (
	methodTypePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{1,39}$`)
	localePattern     = regexp.MustCompile(`^(?:` + strings.Join(pagetexts.Languages(), "|") + `)(-[A-Z]{2})?$`)
)

// cleanText returns a line of text without invisible characters. The error
// names the field and does not repeat the text.
func cleanText(name, text string, least, longest int) (string, error) {
	clean, err := cleantext.Line(text)
	if n := utf8.RuneCountInString(clean); err != nil || n < least || n > longest {
		length := fmt.Sprintf("%d to %d", least, longest)
		if least == 0 {
			length = fmt.Sprintf("at most %d", longest)
		}
		return "", fault.InvalidField(name, "text_invalid", "This must be one line of "+length+" characters.")
	}
	return clean, nil
}

// cleanURL returns an address that a buyer may be sent to: https, or http on
// this computer where that is allowed. "" stands for none.
func cleanURL(name, text string, local bool) (string, error) {
	if text == "" {
		return "", nil
	}

	u, err := url.Parse(text)
	ok := err == nil && len(text) <= maxURL && u.Host != "" && u.User == nil && u.Opaque == "" &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f })
	if ok && (u.Scheme == "https" || local && u.Scheme == "http" && isLocal(u.Hostname())) {
		return u.String(), nil
	}

	return "", fault.InvalidField(name, "url_invalid",
		fmt.Sprintf("This must be an https address of at most %d characters. With test keys, http://localhost is allowed, too.", maxURL))
}

func isLocal(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "127.0.0.1" || host == "::1"
}

// setTexts sets what Stripe and the buyer's bank statement show of the order.
func setTexts(o *Order, req ShopRequest) (err error) {
	if req.Description != nil {
		longest := maxDescription
		if o.Mode == ModeSubscription {
			longest = maxPlanDescription
		}
		if o.Shop.Description, err = cleanText("description", *req.Description, 0, longest); err != nil {
			return err
		}
	}

	if req.StatementSuffix != nil {
		if o.Shop.StatementSuffix, err = cleanSuffix(*req.StatementSuffix); err != nil {
			return err
		}
	}

	if req.Metadata != nil {
		if o.Shop.Metadata, err = cleanMetadata(*req.Metadata); err != nil {
			return err
		}
	}

	return nil
}

// cleanSuffix returns the text that is added to the shop's name on statements
// (https://docs.stripe.com/get-started/account/statement-descriptors).
func cleanSuffix(text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", nil
	}

	isLatin := !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
	hasLetter := strings.ContainsFunc(text, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
	if len(text) > maxStatementSuffix || !isLatin || !hasLetter || strings.ContainsAny(text, statementForbidden) {
		return "", fault.InvalidField("statement_descriptor_suffix", "statement_suffix_invalid",
			fmt.Sprintf("This must be at most %d Latin characters with at least one letter, without %s.",
				maxStatementSuffix, statementForbidden))
	}

	return text, nil
}

// cleanMetadata returns the shop's metadata. An empty value is none.
func cleanMetadata(m map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		value := m[key]
		switch {
		case key == "" || utf8.RuneCountInString(key) > maxMetadataKey || strings.ContainsAny(key, "[]") ||
			cleantext.HasControl(key):
			return nil, fault.InvalidField("metadata", "metadata_key_invalid",
				fmt.Sprintf("A key of metadata has 1 to %d characters, without square brackets and control characters.",
					maxMetadataKey))
		case strings.HasPrefix(key, metadataPrefix):
			return nil, fault.InvalidField("metadata", "metadata_key_reserved",
				"Keys of metadata that begin with "+metadataPrefix+" are reserved.")
		case utf8.RuneCountInString(value) > maxMetadataValue:
			return nil, fault.InvalidField("metadata."+key, "metadata_value_too_long",
				fmt.Sprintf("A value of metadata has at most %d characters.", maxMetadataValue))
		case cleantext.HasControl(value):
			return nil, fault.InvalidField("metadata."+key, "metadata_value_invalid",
				"A value of metadata must be one line, without control characters.")
		case value != "":
			out[key] = value
		}
	}

	if len(out) > maxMetadataKeys {
		return nil, fault.InvalidField("metadata", "metadata_too_many",
			fmt.Sprintf("Metadata has at most %d keys: %d of Stripe's 50 are needed to recognize the payment.",
				maxMetadataKeys, ownMetadataKeys))
	}

	return out, nil
}

// setLinks sets where the pages send the buyer, and their language.
func (s *Service) setLinks(o *Order, req ShopRequest) (err error) {
	if req.SuccessURL != nil {
		if o.Shop.SuccessURL, err = cleanURL("success_url", *req.SuccessURL, !s.cfg.Livemode); err != nil {
			return err
		}
	}

	if req.CancelURL != nil {
		if o.Shop.CancelURL, err = cleanURL("cancel_url", *req.CancelURL, !s.cfg.Livemode); err != nil {
			return err
		}
	}

	if req.Locale != nil {
		if *req.Locale != "" && !localePattern.MatchString(*req.Locale) {
			return fault.InvalidField("locale", "locale_unsupported",
				"The locale must be one of "+strings.Join(pagetexts.Languages(), ", ")+", with a region or without: fr, fr-CA.")
		}
		o.Shop.Locale = *req.Locale
	}

	return nil
}

// setExpiry sets until when the order can be paid.
func (s *Service) setExpiry(o *Order, req ShopRequest) error {
	if req.ExpiresAt == nil {
		return nil
	}

	at, err := time.Parse(time.RFC3339, *req.ExpiresAt)
	if now := s.cfg.Now(); err != nil || at.Before(now.Add(minLife)) || at.After(now.Add(maxLife)) {
		return fault.InvalidField("expires_at", "expires_at_out_of_range",
			"This must be a time such as 2026-01-31T12:00:00Z, from one minute to 90 days ahead.")
	}

	o.ExpiresAt = at.UTC().Truncate(time.Microsecond)
	return nil
}

// setShopOptions sets how the order may be paid. What is left out follows the
// configuration.
func (s *Service) setShopOptions(o *Order, req ShopRequest) error {
	if v := req.CaptureMethod; v != nil {
		if !slices.Contains([]string{"", "automatic", "manual"}, *v) {
			return fault.InvalidField("capture_method", "capture_method_unknown",
				"The capture_method is automatic or manual.")
		}
		o.Options.CaptureMethod = *v
	}

	if v := req.SetupFutureUsage; v != nil {
		if !slices.Contains([]string{"", "on_session", "off_session"}, *v) {
			return fault.InvalidField("setup_future_usage", "setup_future_usage_unknown",
				"The setup_future_usage is on_session or off_session.")
		}
		o.Options.SetupFutureUsage = *v
	}

	if v := req.PaymentMethodTypes; v != nil {
		return s.setMethodTypes(o, *v)
	}

	return nil
}

// setMethodTypes sets the payment methods to offer, and drops the options of
// methods that are not offered: Stripe refuses those.
func (s *Service) setMethodTypes(o *Order, types []string) error {
	for i, name := range types {
		name, at := strings.TrimSpace(name), fmt.Sprintf("payment_method_types[%d]", i)
		switch {
		case !methodTypePattern.MatchString(name) || i >= maxMethodTypes:
			return fault.InvalidField(at, "payment_method_type_unknown",
				"Use Stripe's names of payment methods, such as card.")
		case slices.Contains(types[:i], name):
			return fault.InvalidField(at, "payment_method_type_repeated", "List each payment method once.")
		case name == "blik" || name == "acss_debit" || name == methodBankTransfer && s.cfg.Options.BankTransfer == "":
			// https://docs.stripe.com/payments/finalize-payments-on-the-server
			return fault.InvalidField(at, "payment_method_type_unsupported",
				"This payment method cannot be used here, or the shop has not configured it.")
		}
	}

	usual := s.cfg.Options.forMode(o.Mode)
	o.Options.PaymentMethodTypes = slices.Clone(types)
	o.Options.PaymentMethodConfiguration = usual.PaymentMethodConfiguration
	o.Options.RequireCVCRecollection, o.Options.Installments = usual.RequireCVCRecollection, usual.Installments
	o.Options.BankVerification, o.Options.BankTransfer = usual.BankVerification, usual.BankTransfer

	if len(types) == 0 {
		o.Options.PaymentMethodTypes = usual.PaymentMethodTypes
		return nil
	}

	o.Options.PaymentMethodConfiguration = ""
	if !slices.Contains(types, "card") {
		o.Options.RequireCVCRecollection, o.Options.Installments = false, false
	}
	if !slices.Contains(types, methodUSBankAccount) {
		o.Options.BankVerification = ""
	}
	if !slices.Contains(types, methodBankTransfer) {
		o.Options.BankTransfer = ""
	}

	return nil
}
