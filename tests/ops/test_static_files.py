import re
from pathlib import Path

from django.contrib.staticfiles import finders

from config.static_files import StaticFiles

SCRIPTS = ["exams/exam.js", "exams/answers.js"]


def test_imported_script_has_the_name_of_its_content(tmp_path):
    storage = StaticFiles(location=tmp_path, base_url="/static/")
    for name in SCRIPTS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(Path(finders.find(name)).read_text())

    results = list(storage.post_process({name: (storage, name) for name in SCRIPTS}))

    assert [error for *_, error in results if isinstance(error, Exception)] == []
    script = (tmp_path / storage.stored_name("exams/exam.js")).read_text()
    assert re.findall(r'from "([^"]+)"', script) == [f"./{Path(storage.stored_name('exams/answers.js')).name}"]
