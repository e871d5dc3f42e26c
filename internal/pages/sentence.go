package pages

import "regexp"

// sentence is a text with amounts in it, in pieces: the page's script writes
// these amounts by the browser's rules, too, as those beside the sentence.
type sentence []piece

// piece is a part of a sentence: a text, or an amount.
type piece struct {
	Text   string
	Amount *amountView // nil for a text
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

// sentenceOf returns a text with amounts in place of their {names}, and with
// words, pairs of a name and its value, in place of the others.
func sentenceOf(text string, amounts map[string]amountView, words ...string) (s sentence) {
	begin := 0
	for _, at := range placeholder.FindAllStringIndex(text, -1) {
		amount, ok := amounts[text[at[0]+1:at[1]-1]]
		if !ok {
			continue
		}

		s = append(s, piece{Text: fill(text[begin:at[0]], words...)}, piece{Amount: &amount})
		begin = at[1]
	}

	return append(s, piece{Text: fill(text[begin:], words...)})
}
