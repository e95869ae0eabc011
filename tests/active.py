"""What is active in a page."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """What is active in a page."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.scripts, self.links, self.attributes = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        values = dict(attrs)
        if tag == "script":
            self.scripts.append(values.get("src"))
        if tag == "a":
            self.links.append(values["href"])
