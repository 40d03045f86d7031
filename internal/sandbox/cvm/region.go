package cvm

import "strings"

// region is an entry of DescribeRegions (213/15708).
type region struct {
	Region, RegionName, RegionState string
}

// regions that exist; the sandbox has things in one of them only.
var regions = []region{
	{"ap-guangzhou", "华南地区(广州)", "AVAILABLE"},
	{"ap-shanghai", "华东地区(上海)", "AVAILABLE"},
	{"ap-nanjing", "华东地区(南京)", "AVAILABLE"},
	{"ap-beijing", "华北地区(北京)", "AVAILABLE"},
	{"ap-chengdu", "西南地区(成都)", "AVAILABLE"},
	{"ap-chongqing", "西南地区(重庆)", "AVAILABLE"},
	{"ap-hongkong", "港澳台地区(中国香港)", "AVAILABLE"},
	{"ap-singapore", "亚太东南(新加坡)", "AVAILABLE"},
	{"ap-jakarta", "亚太东南(雅加达)", "AVAILABLE"},
	{"ap-bangkok", "亚太东南(曼谷)", "AVAILABLE"},
	{"ap-seoul", "亚太东北(首尔)", "AVAILABLE"},
	{"ap-tokyo", "亚太东北(东京)", "AVAILABLE"},
	{"na-siliconvalley", "美国西部(硅谷)", "AVAILABLE"},
	{"na-ashburn", "美国东部(弗吉尼亚)", "AVAILABLE"},
	{"sa-saopaulo", "南美地区(圣保罗)", "AVAILABLE"},
	{"eu-frankfurt", "欧洲地区(法兰克福)", "AVAILABLE"},
}

// regionName returns the name that the console shows, or "" for a region that
// does not exist.
func regionName(id string) string {
	for _, r := range regions {
		if r.Region == id {
			return r.RegionName
		}
	}
	return ""
}

// IsHost reports whether a host name, in lower case, is the service's: the usual
// one, or that of the access point of one region, cvm.<region>.tencentcloudapi.com.
func IsHost(name string) bool {
	rest, ok := strings.CutSuffix(name, ".tencentcloudapi.com")
	region, regional := strings.CutPrefix(rest, "cvm.")
	return ok && (rest == "cvm" || regional && regionName(region) != "")
}

func (s *Server) describeRegions(*store, struct{}) (any, error) {
	return struct {
		TotalCount int
		RegionSet  []region
	}{len(regions), regions}, nil
}
