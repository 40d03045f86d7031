package plan

// match reports whether all of text is as pattern says: * stands for any
// characters, also for none, ? for exactly one, and everything else for itself.
func match(pattern, text string) bool {
	p, t := []rune(pattern), []rune(text)
	i, j := 0, 0
	star, resume := -1, 0 // the last *, and where in t what follows it was tried
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '*':
			star, resume = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == t[j]):
			i++
			j++
		case star >= 0: // let the last * have one character more; an earlier one need not
			resume++
			i, j = star+1, resume
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

// holds reports whether every wanted tag is there with a value like the wanted
// one.
func holds(wanted, tags map[string]string) bool {
	for key, pattern := range wanted {
		if value, ok := tags[key]; !ok || !match(pattern, value) {
			return false
		}
	}
	return true
}
