package main

import (
	"bytes"
	"net"
	"sync"
	"time"
)

// distant is a listener whose clients seem to be a round trip away: what the
// server says reaches them that much later. Nothing is slower for it, only later,
// so answers that follow each other keep their distance.
//
// Loopback completes a TCP handshake at once. Clients come through a proxy, and the
// round trip of their CONNECT stands for the one that the handshake would take.
type distant struct {
	net.Listener
	roundTrip time.Duration
}

func (d distant) Accept() (net.Conn, error) {
	c, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: c, delay: d.roundTrip, sent: make(chan packet, 64), closed: make(chan struct{})}
	go w.deliver()
	return w, nil
}

// wire is a connection with a delay line in front of its writing side.
type wire struct {
	net.Conn
	delay  time.Duration
	sent   chan packet
	closed chan struct{}
	once   sync.Once
}

type packet struct {
	data []byte
	due  time.Time
}

func (w *wire) Write(b []byte) (int, error) {
	select {
	case <-w.closed: // select chooses at random below, even when there is room
		return 0, net.ErrClosed
	default:
	}
	select {
	case <-w.closed:
		return 0, net.ErrClosed
	case w.sent <- packet{bytes.Clone(b), time.Now().Add(w.delay)}:
		return len(b), nil
	}
}

// SetWriteDeadline does nothing: a write never waits. TLS sets a deadline in the past
// when it is done, which must not hit what is still on its way.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline sets that for reading alone.
func (w *wire) SetDeadline(t time.Time) error { return w.SetReadDeadline(t) }

// Close lets what was written arrive first.
func (w *wire) Close() error {
	w.once.Do(func() {
		w.Conn.SetReadDeadline(time.Unix(1, 0)) // who reads shall see the end now
		close(w.closed)
	})
	return nil
}

func (w *wire) deliver() {
	defer w.Conn.Close()
	for {
		select {
		case p := <-w.sent:
			w.pass(p)
		case <-w.closed:
			for {
				select {
				case p := <-w.sent:
					w.pass(p)
				default:
					return
				}
			}
		}
	}
}

// pass writes p when it is due. An error means that the client is gone, which
// the reading side learns by itself.
func (w *wire) pass(p packet) {
	time.Sleep(time.Until(p.due))
	w.Conn.Write(p.data)
}
