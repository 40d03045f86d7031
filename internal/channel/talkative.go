package channel

import (
	"errors"
	"net"
)

// maxTalk is how many bytes a mail server may say in one conversation, certificates
// included; a few thousand are usual. net/smtp reads a line, and a reply
// of many lines, to whatever length, and whoever sits before TLS has begun can send one.
const maxTalk = 256 << 10

var errTalkative = errors.New("the server says more than any mail server does")

// talkative is a connection that ends when the other side has said too much.
type talkative struct {
	net.Conn
	left int
}

func (t *talkative) Read(p []byte) (int, error) {
	if t.left == 0 {
		return 0, errTalkative
	}
	n, err := t.Conn.Read(p[:min(len(p), t.left)])
	t.left -= n
	return n, err
}
