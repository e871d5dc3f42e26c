package testcards

// Decline is how an issuer declines a charge. Empty fields are not sent.
type Decline struct {
	Code, DeclineCode string
	NetworkCode       string // https://docs.stripe.com/declines/network-codes
	Advice            string // https://docs.stripe.com/declines/card#retrying-issuer-declines
	NetworkAdvice     string
	Param             string // the card's field to correct
	Message           string // for the buyer
}

// declines are the declines of Stripe's test cards, by decline code.
var declines = map[string]Decline{
	"generic_decline":        {NetworkCode: "01", Advice: "try_again_later"},
	"insufficient_funds":     {NetworkCode: "51", Advice: "try_again_later", NetworkAdvice: "02"},
	"lost_card":              {NetworkCode: "41", Advice: "do_not_try_again", NetworkAdvice: "01"},
	"stolen_card":            {NetworkCode: "43", Advice: "do_not_try_again", NetworkAdvice: "01"},
	"card_velocity_exceeded": {NetworkCode: "61", Advice: "try_again_later", NetworkAdvice: "02"},
	"processing_error":       {NetworkCode: "06", Advice: "try_again_later"},
	"expired_card": {
		NetworkCode: "54", Advice: "confirm_card_data", NetworkAdvice: "03", Param: "exp_month",
	},
	"incorrect_cvc": {
		NetworkCode: "N7", Advice: "confirm_card_data", NetworkAdvice: "03", Param: "cvc",
	},
}

// DeclineOf returns the decline for a code and a decline code.
func DeclineOf(code, decline string) Decline {
	out := declines[decline]
	out.Code, out.DeclineCode, out.Message = code, decline, DeclineMessage(code, decline)

	return out
}

// Declines returns how the issuer declines a charge of the card.
func (cd *Card) Declines() Decline { return DeclineOf(cd.Code, cd.Decline) }
