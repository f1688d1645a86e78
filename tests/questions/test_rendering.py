from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.utils.safestring import SafeString

from questions.rendering import render_inline, render_markdown

# --- What Markdown becomes --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("Plain words", "<p>Plain words</p>"),
        ("One\n\nTwo", "<p>One</p>\n<p>Two</p>"),
        ("One\r\n\r\nTwo", "<p>One</p>\n<p>Two</p>"),
        ("One\nTwo", "<p>One\nTwo</p>"),
        ("One  \nTwo", "<p>One<br>\nTwo</p>"),
        ("**bold** and *slanted*", "<p><strong>bold</strong> and <em>slanted</em></p>"),
        ("~~gone~~", "<p><s>gone</s></p>"),
        ("snake_case_name and 2*3*4", "<p>snake_case_name and 2<em>3</em>4</p>"),
        ("`CREATE MODEL`", "<p><code>CREATE MODEL</code></p>"),
        ("`a < b && c`", "<p><code>a &lt; b &amp;&amp; c</code></p>"),
        ("a < b & c > d", "<p>a &lt; b &amp; c &gt; d</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
        ("One\n\n---\n\nTwo", "<p>One</p>\n<hr>\n<p>Two</p>"),
        ("    indented", '<pre tabindex="0"><code>indented\n</code></pre>'),
        ("```\nplain\n```", '<pre tabindex="0"><code>plain\n</code></pre>'),
        (
            "```python\nif a < b:\n    c = '&'\n```",
            "<pre tabindex=\"0\"><code>if a &lt; b:\n    c = '&amp;'\n</code></pre>",
        ),
        (
            "```\n| not | a table |\n|---|---|\n```",
            '<pre tabindex="0"><code>| not | a table |\n|---|---|\n</code></pre>',
        ),
        ("# A heading", "A heading"),
        ("$5 costs $10", "<p>$5 costs $10</p>"),
        ("Größe – “naïve” 東京 🎓", "<p>Größe – “naïve” 東京 🎓</p>"),
    ],
)
def test_markdown_becomes_html(text, expected):
    assert render_markdown(text) == expected


def test_table_has_its_alignment_as_classes():
    text = "| metric | left | middle | right |\n|---|:--|:-:|--:|\n| recall | a | **b** | `c` |"

    assert render_markdown(text) == (
        '<table tabindex="0">\n<thead>\n<tr>\n'
        '<th>metric</th>\n<th>left</th>\n<th class="align-center">middle</th>\n<th class="align-right">right</th>\n'
        "</tr>\n</thead>\n<tbody>\n<tr>\n"
        '<td>recall</td>\n<td>a</td>\n<td class="align-center"><strong>b</strong></td>\n'
        '<td class="align-right"><code>c</code></td>\n'
        "</tr>\n</tbody>\n</table>"
    )


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("[guide](https://docs.example/a?b=1&c=2)", "https://docs.example/a?b=1&amp;c=2"),
        ("[guide](http://docs.example)", "http://docs.example"),
        ("<https://docs.example>", "https://docs.example"),
    ],
)
def test_link_goes_to_the_web_and_tells_it_nothing(text, href):
    assert f'<a href="{href}" rel="noopener noreferrer nofollow">' in render_markdown(text)


def test_image_is_not_loaded_and_not_lost():
    # Left out it would leave a hole nobody notices; as a link the author sees that images do not work.
    assert render_markdown("![chart](https://docs.example/c.png)") == (
        '<p>!<a href="https://docs.example/c.png" rel="noopener noreferrer nofollow">chart</a></p>'
    )


# --- Labels -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Use `S3`", "Use <code>S3</code>"),
        ("  padded \n", "padded"),
        ("**all** of\nit", "<strong>all</strong> of\nit"),
        ("1 < 2", "1 &lt; 2"),
        ("# no heading", "# no heading"),
        ("- no list", "- no list"),
        ("One\n\nTwo", "<p>One</p>\n<p>Two</p>"),
        ("```\ncode\n```", '<pre tabindex="0"><code>code\n</code></pre>'),
        ("Run:\n```\ncode\n```", '<p>Run:</p>\n<pre tabindex="0"><code>code\n</code></pre>'),
        (
            "| a |\n|--:|\n| 1 |",
            '<table tabindex="0">\n<thead>\n<tr>\n<th class="align-right">a</th>\n</tr>\n</thead>\n'
            '<tbody>\n<tr>\n<td class="align-right">1</td>\n</tr>\n</tbody>\n</table>',
        ),
    ],
)
def test_label_is_inline_unless_it_needs_blocks(text, expected):
    assert render_inline(text) == expected


@pytest.mark.parametrize("render", [render_markdown, render_inline])
def test_html_is_declared_safe_and_the_same_each_time(render):
    first, second = render("**once** | twice"), render("**once** | twice")

    assert isinstance(first, SafeString)
    assert first == second


# --- What must not survive --------------------------------------------------------------------------

TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "a"),
}


class Inventory(HTMLParser):
    """Every element and attribute that a browser would see."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.other = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_comment(self, data):
        self.other.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def is_allowed(tag, name, value):
    return (
        # As a browser reads it: without a scheme it is an address of this site, whatever its letters.
        (tag == "a" and name == "href" and urlsplit(value).scheme in {"https", "http", ""})
        or (tag == "a" and name == "title")
        or (tag == "a" and name == "rel" and value == "noopener noreferrer nofollow")
        or (tag == "ol" and name == "start" and value.isdigit())
        or (tag in {"pre", "table"} and (name, value) == ("tabindex", "0"))
        or (tag in {"th", "td"} and name == "class" and value in {"align-right", "align-center"})
    )


PAYLOADS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\n>alert(1)</script\n>",
    "</code></pre><script>alert(1)</script>",
    "`</code><script>alert(1)</script>`",
    "```\n</code></pre><script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\ncode\n```',
    '```x" onmouseover="alert(1)\ncode\n```',
    "    </code></pre><script>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "<!-- comment -->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?>",
    "<!DOCTYPE html>",
    "<img src=x onerror=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    "![alt](https://evil.example/pixel.gif)",
    '![x](x" onerror="alert(1))',
    '![alt](data:image/svg+xml;base64,PHN2Zz4= "title")',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=1 onerror=alert(1)>'>",
    "<iframe src='https://evil.example'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=x></object><embed src=x>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example/>",
    "<style>body{display:none}</style>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<form action=https://evil.example><input name=password><button>Log in</button></form>",
    "<p style='position:fixed'>x</p>",
    "<p id=question-1 class=is-key name=x>x</p>",
    "<p onclick=alert(1)>x</p>",
    "<p ONCLICK='alert(1)'>x</p>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video autoplay onplay=alert(1)><source onerror=alert(1)></video>",
    "<div hx-get=/accounts/logout/ hx-trigger=load>x</div>",
    "<div data-hx-get=/accounts/logout/ data-hx-trigger=load>x</div>",
    "<button hx-post='/x' data-key='1'>x</button>",
    "<a href=x hx-boost=true data-x=1 onclick=alert(1) style=color:red target=_blank>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](  javascript:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](java&Tab;script:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](javascript%3Aalert(1))",
    "[x](\\javascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](data:image/png;base64,iVBORw0KGgo=)",
    "[x](file:///etc/passwd)",
    "[x](mailto:someone@evil.example)",
    "<javascript:alert(1)>",
    "<data:text/html,x>",
    "[x]: javascript:alert(1)\n\n[x]",
    '[x](https://evil.example" onmouseover="alert(1))',
    "[x](https://evil.example 'title\" onmouseover=\"alert(1)')",
    '[x](<https://evil.example" onmouseover="alert(1)>)',
    '<https://evil.example/"onmouseover="alert(1)>',
    # A title passes the allow-list: what is done to the HTML after it must not take a title's text for an element.
    "[x](https://docs.example '<table><script>alert(1)</script>')",
    "[x](https://docs.example '<pre><img src=x onerror=alert(1) hx-get=/x>')",
    "[<img src=x onerror=alert(1)>](https://docs.example)",
    "[![x](javascript:alert(1))](javascript:alert(1))",
    '| a |\n|:-:|\n| <td style="x" class="is-key" onclick=alert(1)> |',
    "| <script>alert(1)</script> |\n|---|\n| [x](javascript:alert(1)) |",
    "1. x\n<ol start='1' onclick=alert(1)>",
    "# <script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\<script>alert(1)\\</script>",
    "<a<b><script>alert(1)</script>",
    "<p title='<script>alert(1)</script>'>",
    "{{ request.user.password }}{% load static %}",
    "＜script＞alert(1)＜/script＞",
]


SURROUNDINGS = ["{}", "Which? {} Choose.", "One\n\n{}\n\n| a |\n|--:|\n| 1 |", "- {}\n- **b**", "> {}", "# {}"]


@pytest.mark.parametrize("render", [render_markdown, render_inline])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_payload_leaves_nothing_that_acts(payload, render):
    for surrounding in SURROUNDINGS:
        found = Inventory(render(surrounding.replace("{}", payload)))

        assert set(found.tags) <= TAGS, surrounding
        assert [attribute for attribute in found.attributes if not is_allowed(*attribute)] == [], surrounding
        assert found.other == [], surrounding


@pytest.mark.parametrize(
    "html",
    [
        "<script>x</script>",
        "<p onclick=x>",
        '<a href="javascript:x">',
        '<a href="java\nscript:x">',
        '<a href="data:text/html,x">',
        '<td class="is-key">',
        "<p data-x>",
        "<!-- x -->",
    ],
)
def test_inventory_sees_what_acts(html):
    # The table above proves nothing if its parser is blind.
    found = Inventory(html)

    assert (
        not set(found.tags) <= TAGS
        or [attribute for attribute in found.attributes if not is_allowed(*attribute)]
        or found.other
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("List<String> and Map<K, V>", "List&lt;String&gt; and Map&lt;K, V&gt;"),
        ("s3://<bucket>/<key>", "s3://&lt;bucket&gt;/&lt;key&gt;"),
        ("{{ user }} {% now %}", "{{ user }} {% now %}"),
    ],
)
def test_text_that_looks_like_markup_is_shown_as_written(text, shown):
    assert render_inline(text) == shown
    assert render_markdown(text) == f"<p>{shown}</p>"
