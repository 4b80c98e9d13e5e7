#!/usr/bin/env python3
"""Opens the page of gtn report in headless Chromium, as a file and served. usage: page_test.py GTN REPOSITORY"""
import base64
import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request
import zlib

import support

try:
    from selenium import webdriver
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import Select
except ImportError:
    webdriver = None
SYSTEM = "/usr/bin/python3"
BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

GTN = pathlib.Path(sys.argv[1])
HOSTILE = "</script><img src=x onerror=console.error('hostile')>"

# Of every canvas of the page: what its chart is called, and whether anything was drawn on it.
CANVASES = """return [...document.querySelectorAll('canvas')].map(canvas => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {willReadFrequently: true});
  copy.drawImage(canvas, 0, 0);
  const pixels = copy.getImageData(0, 0, canvas.width, canvas.height).data;
  return [canvas.getAttribute('aria-label'), new Set(new Uint32Array(pixels.buffer)).size, Chart.getChart(canvas) !== undefined];
});"""


# Of every cell of the confusion matrix: how well its text stands out from its shade, as WCAG 2 counts it.
CONTRASTS = """const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
const luminance = (rgb) => rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const paper = numbers(getComputedStyle(document.body).backgroundColor);
return [...document.querySelectorAll('.confusion tbody td')].map(cell => {
  const style = getComputedStyle(cell);
  const [r, g, b, alpha = 1] = numbers(style.backgroundColor);
  const [low, high] = [luminance([r, g, b].map((v, i) => alpha * v + (1 - alpha) * paper[i])), luminance(numbers(style.color).slice(0, 3))].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
});"""


def picture():
    """A grey image of 11 x 2 pixels as a data URI."""
    chunks = ((b"IHDR", struct.pack(">2I5B", 11, 2, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(2 * 12))), (b"IEND", b""))
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)
    return "data:image/png;base64," + base64.b64encode(png).decode()


def confusion():
    """Of three of forty classes, one of them called what would be markup; the first is never right."""
    def pair(true, predicted, count, of, **more):
        return {"true": true, "predicted": predicted, "names": [names[true], names[predicted]], "count": count, "of": of, **more}

    names = {2: "shirt", 5: "coat", 9: HOSTILE}
    return {"of_classes": 40, "numbers": list(names), "names": list(names.values()), "row_sums": [60, 30, 1030],
            "counts": [[0, 40, 20], [0, 30, 0], [1, 0, 1029]],
            "pairs": [pair(2, 5, 40, 60, images=[7, 8, 9, 4], picture=picture()), pair(2, 9, 20, 60, images=[3]), pair(9, 2, 1, 1030)]}


def evaluation():
    """Two learners and a matrix; a name that would be markup if it were not a text."""
    def curve(end):
        return {"mean": end, "std": 2.0, "curve": [10, end - 5, end], "curve_std": [1, 2, None], "finals": [end]}

    rows = [{"learner": name, "learner_text": "flatten linear(classes)", "steps": 2, "batch": 9, "images": 18, "seeds": 2,
             "seconds": 1.5, "curve_images": 90, "synthetic": curve(80), "synthetic_plain": curve(78), "real": curve(70),
             "confusion": confusion(), "speedup": {"real_steps_for_equal": 9, "bound": "exact", "ratio": 4.5},
             "robustness": {"rows": [{"disturbance": "noise", "amount": 0.1, "synthetic": curve(70), "real": curve(60)}]}}
            for name in ("mlp", HOSTILE)]
    matrix = [{"learner": row["learner"], "synthetic": 80, "real": 70, "gain": 10} for row in rows]
    return {**rows[0], "learners": rows, "matrix": matrix + [{"learner": "odd", "fault": "does not fit"}]}


def study():
    scores = [[1.0, 2.0, 3.0, None], [1.0, 3.0, 2.0, 4.0]]
    return {"space": HOSTILE, "dataset": "toy", "truth_steps": 9, "truth_seconds": 1, "genotypes": ["a", "b", "c", HOSTILE],
            "truth": [50.0, 60.0, 70.0, 80.0], "estimators": [
                {"name": "teacher", "fidelities": [1, 2], "steps": [1, 2], "seconds": [1, 2], "scores": scores},
                {"name": "params", "fidelities": [0], "steps": [0], "seconds": [0], "scores": scores[:1]}]}


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name)
        cls.make_runs()
        options = webdriver.ChromeOptions()
        options.binary_location = BROWSER
        for flag in ("headless=new", "no-sandbox", "disable-gpu", "window-size=1200,900", f"user-data-dir={cls.root / 'browser'}"):
            options.add_argument(f"--{flag}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        os.environ["HOME"] = folder.name  # what a browser leaves behind goes with the folder
        cls.browser = webdriver.Chrome(service=webdriver.chrome.service.Service(DRIVER), options=options)
        cls.addClassCleanup(cls.browser.quit)

    @classmethod
    def make_runs(cls):
        support.write_root(cls.root)
        cls.taught = cls.root / "run"
        support.must(GTN, "train", "--config", cls.root / "configs" / "toy.toml", "--set", "validation.every=4", "--out", cls.taught, "--threads", 1)
        (cls.taught / "evaluation.json").write_text(json.dumps(evaluation()), encoding="utf-8")
        (cls.root / "study.json").write_text(json.dumps(study()), encoding="utf-8")
        cls.search = cls.root / "search"
        support.must(GTN, "search", cls.taught, "--set", "candidates=5", "--set", "final.best=1", "--set", "final.steps=4",
                     "--set", "final.batch=16", "--set", "calibration=3", "--out", cls.search, "--threads", 1)
        cls.cut = cls.root / "cut"  # killed between two files
        cls.cut.mkdir()
        for name in ("config.toml", "metrics.jsonl"):
            shutil.copy(cls.taught / name, cls.cut)
        cls.page = cls.root / "page.html"
        support.must(GTN, "report", cls.taught, cls.search, cls.root / "study.json", cls.cut, "--out", cls.page)

    def open(self, address):
        self.browser.get("about:blank")  # the page before, whose server is gone, asks it no more
        self.browser.get_log("browser")
        self.browser.get(str(address))
        self.all_is_well()

    def all_is_well(self):
        """Nothing on the console, every chart drawn, no part given up."""
        self.assertEqual([entry["message"] for entry in self.browser.get_log("browser")], [])
        canvases = self.browser.execute_script(CANVASES)
        self.assertGreater(len(canvases), 0)
        for title, shades, has_chart in canvases:
            self.assertTrue(has_chart and shades > 10, title)
        self.assertNotIn("cannot be shown", self.text())

    def text(self):
        return self.browser.find_element(By.TAG_NAME, "body").text

    def canvas(self, title):
        return self.browser.find_element(By.CSS_SELECTOR, f"canvas[aria-label^='{title}']")

    def tooltip_of(self, canvas):
        return self.browser.execute_script(
            "const t = Chart.getChart(arguments[0]).tooltip; return t.opacity > 0 ? t.body.flatMap(b => b.lines) : []", canvas)

    def hovered(self, title):
        """What a chart says where the mouse is in its middle."""
        canvas = self.canvas(title)
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
        self.assertEqual(self.tooltip_of(canvas), [])
        webdriver.ActionChains(self.browser).move_to_element(canvas).perform()
        return " ".join(self.tooltip_of(canvas))

    def serve(self, run):
        """A server, and its address."""
        server = subprocess.Popen([GTN, "report", "--serve", run], stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        address = server.stdout.readline().split()[0]
        self.assertRegex(address, r"^http://127\.0\.0\.1:\d+/$")
        return server, address

    def test_every_part_is_shown(self):
        self.open(self.page.as_uri())
        text = self.text()
        titles = [one.text for one in self.browser.find_elements(By.TAG_NAME, "h3")]
        self.assertEqual(titles, ["Side by side", "Evaluation", "Training", "Curriculum", "Again", "Search",
                                  "The curriculum of its teacher", "Again",
                                  "Study of estimators", "Training", "Again"])
        for words in ("5 of 5 candidates", "The winner", "does not fit", "not complete", "this run has no teacher yet", "12 of 12 meta-iterations",
                      "no evaluation yet", "4.5 times as many", HOSTILE):
            self.assertIn(words, text)
        labels = [canvas[0] for canvas in self.browser.execute_script(CANVASES)]
        for start in ("Accuracy after every step", "Loss of taught", "Learned step sizes", "One teacher, many", "Robustness",
                      "The search", "The best on real data", "How far estimates", "Score against parameters", "Rank correlation", "Estimate against truth"):
            self.assertTrue(any(label.startswith(start) for label in labels), (start, labels))
        pictures = self.browser.execute_script("return [...document.images].map(i => [i.alt, i.complete && i.naturalWidth > 0])")
        self.assertEqual([alt for alt, drawn in pictures if not drawn], [])
        self.assertEqual(any("winner" in alt for alt, _ in pictures), shutil.which("dot") is not None)

    def test_slider_and_choice_by_keyboard(self):
        self.open(self.page.as_uri())
        self.slide_and_choose()

    def test_served_it_slides_and_says_what_points_are(self):
        self.open(self.serve(self.taught)[1])
        self.slide_and_choose()
        self.assertRegex(self.hovered("Loss of taught"), r"\d")
        self.open(self.serve(self.search)[1])
        self.assertRegex(self.hovered("Score against parameters"), r"depth=")

    def slide_and_choose(self):
        slider = self.browser.find_element(By.CSS_SELECTOR, "input[type=range]")
        batch = self.browser.find_element(By.CSS_SELECTOR, ".batch img").get_attribute("src")
        slider.send_keys(Keys.ARROW_RIGHT)
        self.assertEqual(slider.get_attribute("aria-valuetext"), "step 2 of 4")
        self.assertNotEqual(self.browser.find_element(By.CSS_SELECTOR, ".batch img").get_attribute("src"), batch)
        slider.send_keys(Keys.END)
        self.assertEqual(slider.get_attribute("aria-valuetext"), "step 4 of 4")
        Select(self.browser.find_element(By.TAG_NAME, "select")).select_by_index(1)
        self.assertIn(f"Accuracy after every step: {HOSTILE}", self.text())
        self.all_is_well()

    def test_points_say_what_they_are(self):
        self.open(self.page.as_uri())
        self.assertRegex(self.hovered("Score against parameters"), r"depth=.*parameters: [\d,.]+ score, %: [\d.]+")
        self.assertRegex(self.hovered("How far estimates"), r"depth=.*[\d.]+")
        self.assertRegex(self.hovered("Estimate against truth"), r"\d")
        canvas = self.canvas("Rank correlation")
        canvas.send_keys(Keys.ARROW_RIGHT)
        self.assertEqual(len(self.tooltip_of(canvas)), 1)
        self.all_is_well()

    def test_the_confusion_matrix_says_more_of_the_cell_in_focus(self):
        self.open(self.page.as_uri())
        self.assertIn("The 3 of 40 classes with the most confusions are shown.", self.text())
        grid = self.browser.find_element(By.CSS_SELECTOR, "table[role=grid]")
        self.assertEqual([head.get_attribute("scope") for head in grid.find_elements(By.TAG_NAME, "th")], ["col"] * 3 + ["row"] * 3)
        cells = grid.find_elements(By.CSS_SELECTOR, "tbody td")
        self.assertEqual([cell.text.split("\n") for cell in cells[:3]], [["0"], ["40", "66.7 %"], ["20", "33.3 %"]])
        self.assertEqual([cell.get_attribute("tabindex") for cell in cells], ["-1", "0"] + ["-1"] * 7)  # the most frequent confusion

        def detail():
            place = self.browser.find_element(By.CSS_SELECTOR, ".confused")
            return place.text, [image.get_attribute("alt") for image in place.find_elements(By.TAG_NAME, "img")]

        examples = ["4 test images of shirt that were taken for coat"]
        self.assertEqual(detail(), ("shirt taken for coat: 40 of 60 predictions (66.7 %)", examples))
        self.browser.execute_script("arguments[0].focus()", cells[1])
        webdriver.ActionChains(self.browser).send_keys(Keys.ARROW_RIGHT).perform()
        self.assertEqual(self.browser.switch_to.active_element, cells[2])
        self.assertEqual(detail(), (f"shirt taken for {HOSTILE}: 20 of 60 predictions (33.3 %)", []))
        webdriver.ActionChains(self.browser).send_keys(Keys.HOME, Keys.ARROW_LEFT, Keys.ARROW_UP).perform()
        self.assertEqual(detail(), ("shirt, rightly classified: 0 of 60 predictions (0.0 %)", []))
        webdriver.ActionChains(self.browser).move_to_element(cells[1]).perform()
        self.assertEqual(detail()[1], examples)
        self.assertEqual(len(self.browser.find_elements(By.CSS_SELECTOR, ".examples li")), 1)
        self.assertIn("shirt → coat", self.text())
        self.all_is_well()

    def test_shades_leave_the_counts_readable(self):
        self.addCleanup(self.browser.execute_cdp_cmd, "Emulation.setEmulatedMedia", {"features": []})
        self.open(self.page.as_uri())
        for scheme in ("light", "dark"):
            self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
            contrasts = self.browser.execute_script(CONTRASTS)
            self.assertEqual(len(contrasts), 9)
            self.assertGreater(min(contrasts), 4.5, scheme)
            self.assertGreater(max(contrasts) - min(contrasts), 1, scheme)  # they are shaded

    def test_fits_a_phone_and_the_dark(self):
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 375, "height": 700, "deviceScaleFactor": 1, "mobile": True})
        self.addCleanup(self.browser.execute_cdp_cmd, "Emulation.clearDeviceMetricsOverride", {})
        self.open(self.page.as_uri())
        self.assertEqual(self.browser.execute_script("return document.documentElement.scrollWidth"), 375)
        colours = []
        for scheme in ("light", "dark"):
            self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
            self.all_is_well()
            colours.append(self.browser.execute_script("return [getComputedStyle(document.body).backgroundColor, Chart.defaults.color]"))
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        self.assertEqual(colours, [["rgb(255, 255, 255)", "#1b1f24"], ["rgb(20, 23, 26)", "#e8eaed"]])

    def test_served_it_follows_a_run(self):
        server, address = self.serve(self.cut)
        self.open(address)
        self.assertIn("12 of 12 meta-iterations", self.text())
        chart = self.canvas("Loss of taught")
        with open(self.cut / "metrics.jsonl", "a", encoding="utf-8") as metrics:
            metrics.write('{"iteration": 12, "loss": 0.5}\n')
        webdriver.support.ui.WebDriverWait(self.browser, 20).until(lambda _: "13 of 12 meta-iterations" in self.text())
        self.assertNotEqual(self.canvas("Loss of taught"), chart)
        self.all_is_well()
        request = urllib.request.Request(address, headers={"Host": "elsewhere.example"})
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        self.assertEqual(refused.exception.code, 403)
        refused.exception.close()
        server.send_signal(signal.SIGINT)
        self.assertEqual(server.wait(10), 0)


if __name__ == "__main__":
    if webdriver is None and sys.executable != SYSTEM and os.path.exists(SYSTEM):
        os.execv(SYSTEM, [SYSTEM, *sys.argv])  # Debian's interpreter, because Debian's Selenium is beside it
    if not (webdriver and BROWSER and DRIVER):
        print("skipped: no Chromium with its driver and Selenium")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
