package sparse

import "hash/crc64"

// A CRC is a remainder of polynomials over GF(2). Appending n zero bytes to a
// message multiplies its remainder by x^(8n); so the checksum of a concatenation
// needs only the two checksums and one power of x, found by squaring. Bits are in
// the reflected order of hash/crc64: the highest bit is the coefficient of x^0.

const (
	one    = uint64(1) << 63 // the polynomial 1
	xPow8  = one >> 8        // the polynomial x^8: one zero byte
	invert = ^uint64(0)      // hash/crc64 inverts its register before and after
)

// squares[k] is x^(8·2^k), which appends 2^k zero bytes.
var squares = func() (s [63]uint64) {
	s[0] = xPow8
	for k := 1; k < len(s); k++ {
		s[k] = multiply(s[k-1], s[k-1])
	}
	return s
}()

// Combine returns the CRC-64 of a message whose first piece has the checksum
// crc1 and whose second has crc2 and is n2 bytes long.
func Combine(crc1, crc2 uint64, n2 int64) uint64 {
	return shift(crc1, n2) ^ crc2
}

// Zeros returns the CRC-64 of n zero bytes.
func Zeros(n int64) uint64 {
	return shift(invert, n) ^ invert
}

// shift multiplies a remainder by x^(8n).
func shift(crc uint64, n int64) uint64 {
	for k := 0; n > 0; k, n = k+1, n>>1 {
		if n&1 != 0 {
			crc = multiply(squares[k], crc)
		}
	}
	return crc
}

// multiply returns the product of two polynomials modulo that of the CRC.
func multiply(a, b uint64) (product uint64) {
	for ; a != 0; a <<= 1 {
		if a&one != 0 {
			product ^= b
		}
		if b&1 != 0 {
			b = b>>1 ^ crc64.ECMA
		} else {
			b >>= 1
		}
	}
	return product
}
