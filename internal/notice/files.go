package notice

import "time"

// files lists the files, with the links to download them and what that costs.
func (w *writer) files() {
	if len(w.Files) == 0 {
		return
	}
	for _, f := range w.Files[:min(len(w.Files), maxItems)] {
		w.link("File", "文件", w.say("%s, %s", "%s，%s", f.Key, size(f.Size)), w.linkTo(f.Key).URL)
	}
	w.more(len(w.Files))
	if until := w.linksEnd(); !until.IsZero() {
		w.add("Links", "链接有效期", w.say("valid until %s at the latest, and no longer than the signing key",
			"最晚到 %s；签名所用的密钥若先过期，则随之失效", w.lang.time(until)))
	}
	// What counts is from where a file is asked for, not how: machines of the same
	// region reach COS over the internal network (436/31315), which is free; what
	// goes out to the internet is billed (436/53863).
	w.add("Traffic", "流量费用", w.say("none within %s, over the internal network; a download from outside is billed as public egress",
		"%s 同地域内网下载免流量费；从外网下载按外网下行流量计费", w.Region))
}

func (w *writer) linkTo(key string) Link {
	for _, l := range w.Links {
		if l.Key == key {
			return l
		}
	}
	return Link{}
}

// linksEnd returns when the first of the links ends, or the zero time.
func (w *writer) linksEnd() (until time.Time) {
	for _, l := range w.Links {
		if until.IsZero() || l.Until.Before(until) {
			until = l.Until
		}
	}
	return until
}
