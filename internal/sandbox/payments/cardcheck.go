package payments

import (
	"strconv"
	"strings"

	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// checkCard validates raw card data as Stripe does and returns the test card
// behind it. It returns Stripe's card_error for numbers, dates and codes that
// cannot be right.
func (c *Call) checkCard(p *wire.Params) (*testcards.Card, error) {
	number := strings.Map(digitsOnly, p.String("number"))
	if p.String("number") == "" {
		return nil, wire.MissingParam(p.Path + "[number]")
	}
	if len(number) < 12 || len(number) > 19 {
		return nil, cardProblem(p, "invalid_number", "number")
	}
	if !luhn(number) {
		return nil, cardProblem(p, "incorrect_number", "number")
	}
	if err := c.checkExpiry(p); err != nil {
		return nil, err
	}

	// A valid number that is not a test card may be a real one.
	cd := testcards.Cards()[number]
	if cd == nil {
		e := cardProblem(p, "card_declined", "number")
		e.DeclineCode, e.Message = "test_mode_live_card", testcards.DeclineMessages["test_mode_live_card"]
		return nil, e
	}

	if p.Has("cvc") && !cvcFits(p.String("cvc"), cd.Brand) {
		return nil, cardProblem(p, "invalid_cvc", "cvc")
	}

	return cd, nil
}

// cardProblem returns Stripe's card_error for one field of raw card data.
// Unlike a decline, it undoes the call's changes.
func cardProblem(p *wire.Params, code, field string) *wire.Error {
	e := wire.CardError(code, "", testcards.DeclineMessage(code, ""))
	e.Param, e.Commit = &field, false
	return e
}

// digitsOnly drops the blanks and dashes that a number may be grouped with.
func digitsOnly(r rune) rune {
	if r >= '0' && r <= '9' {
		return r
	}
	if r == ' ' || r == '-' {
		return -1
	}
	return 'x' // fails luhn
}

// checkExpiry refuses a date that is invalid, past, or more than 50 years away.
func (c *Call) checkExpiry(p *wire.Params) error {
	month, err := strconv.Atoi(p.String("exp_month"))
	if err != nil || month < 1 || month > 12 {
		return cardProblem(p, "invalid_expiry_month", "exp_month")
	}

	year, err := strconv.Atoi(p.String("exp_year"))
	if err != nil || year < 0 {
		return cardProblem(p, "invalid_expiry_year", "exp_year")
	}

	year = fullYear(year)

	now := c.Now.UTC()
	if year < now.Year() || year > now.Year()+50 {
		return cardProblem(p, "invalid_expiry_year", "exp_year")
	}
	if year == now.Year() && month < int(now.Month()) {
		return cardProblem(p, "invalid_expiry_month", "exp_month")
	}

	return nil
}

// fullYear adds the century to a year of two digits.
func fullYear(year int) int {
	if year < 100 {
		return 2000 + year
	}
	return year
}

// cvcFits reports whether a code has the digits that the brand's cards have.
func cvcFits(cvc, brand string) bool {
	if _, err := strconv.ParseUint(cvc, 10, 32); err != nil {
		return false
	}
	if brand == "amex" {
		return len(cvc) == 3 || len(cvc) == 4
	}
	return len(cvc) == 3
}

// luhn reports whether the checksum of a card number is right (ISO/IEC 7812-1).
func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i]) - '0'
		if d < 0 || d > 9 {
			return false
		}

		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}

		sum += d
	}

	return sum%10 == 0
}
