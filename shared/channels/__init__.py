"""Payment channels behind one interface: WeChat Pay and Alipay in their own words, and which a city has."""
