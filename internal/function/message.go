package function

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// message is what a timer trigger's argument asks for: {"plan":"NAME"},
// {"sweep":true}, or a bare NAME for the plan.
type message struct {
	Plan  string `json:"plan"`
	Sweep bool   `json:"sweep"`
}

func parseMessage(text string) (message, error) {
	const hint = `give the timer trigger the argument {"plan":"NAME"} or {"sweep":true}`
	text = strings.TrimSpace(text)
	if text == "" {
		return message{}, errors.New("the timer's message is empty; " + hint)
	}
	if !strings.HasPrefix(text, "{") {
		return message{Plan: text}, nil
	}
	var m message
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return message{}, fmt.Errorf("the timer's message is no valid JSON object (%w); %s", err, hint)
	}
	if _, err := d.Token(); err != io.EOF {
		return message{}, errors.New("the timer's message has something after its JSON object; " + hint)
	}
	if (m.Plan == "") == !m.Sweep {
		return message{}, errors.New("the timer's message wants either a plan or a sweep; " + hint)
	}
	return m, nil
}
