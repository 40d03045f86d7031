package mail

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// auth takes PLAIN (RFC 4616) and LOGIN, each with or without its first answer in
// the command.
func (c *session) auth(rest string) error {
	switch {
	case !c.encrypted:
		return c.say(538, "5.7.11 encryption required")
	case !c.greeted:
		return c.say(503, "5.5.1 say EHLO first")
	case c.user:
		return c.say(503, "5.5.1 already authenticated")
	}
	method, first, _ := strings.Cut(rest, " ")
	var user, password []byte
	var err error
	switch strings.ToUpper(method) {
	case "PLAIN":
		var all []byte
		if all, err = c.answer("", first); err == nil {
			if parts := bytes.Split(all, []byte{0}); len(parts) == 3 {
				user, password = parts[1], parts[2]
			}
		}
	case "LOGIN":
		if user, err = c.answer("Username:", first); err == nil {
			password, err = c.answer("Password:", "")
		}
	default:
		return c.say(504, "5.5.4 PLAIN or LOGIN")
	}
	if err != nil {
		return err
	}
	if string(user) != c.s.cfg.User || string(password) != c.s.cfg.Password {
		return c.say(535, "5.7.8 wrong user or password")
	}
	c.user = true
	return c.say(235, "2.7.0 welcome")
}

// answer asks for something unless the client has said it already. What is not
// base64 is no password of anybody's.
func (c *session) answer(question, said string) ([]byte, error) {
	if said == "" {
		if err := c.say(334, base64.StdEncoding.EncodeToString([]byte(question))); err != nil {
			return nil, err
		}
		var err error
		if said, err = c.line(); err != nil {
			return nil, err
		}
	}
	b, err := base64.StdEncoding.DecodeString(said)
	if err != nil {
		return nil, nil
	}
	return b, nil
}
