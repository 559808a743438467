// Opens reports in Chromium and says what a reader would see: report_page.mjs FILE... (SHOTS=FOLDER keeps pictures)
//
// A line of JSON for each file: console messages, page errors, requests beside the file itself, how wide the page is
// where it is 390 (light and dark) and 1280 pixels wide, how many plots and which words it shows, how many pages its
// PDF has.
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const shots = process.env.SHOTS;

async function look(browser, file) {
  const address = pathToFileURL(file).href;
  const seen = { console: [], errors: [], requests: [], views: [] };
  for (const [width, colorScheme] of [[390, 'light'], [390, 'dark'], [1280, 'light']]) {
    const context = await browser.newContext({
      viewport: { width, height: 844 }, colorScheme, deviceScaleFactor: 1, isMobile: width < 500, hasTouch: width < 500,
    });
    const page = await context.newPage();
    page.on('console', (message) => seen.console.push(message.text()));
    page.on('pageerror', (error) => seen.errors.push(String(error)));
    page.on('request', (request) => {
      if (request.url() !== address && !request.url().startsWith('data:')) seen.requests.push(request.url());
    });
    await page.goto(address);
    seen.views.push({ width, colorScheme, ...await page.evaluate(() => ({
      scroll: document.documentElement.scrollWidth,
      client: document.documentElement.clientWidth,
      plots: document.querySelectorAll('svg[role=img]').length,
      paths: document.querySelectorAll('svg path[class^=series-]').length,
      scripts: document.querySelectorAll('script').length,
      back: getComputedStyle(document.body).backgroundColor,
      smallest: Math.min(...[...document.querySelectorAll('svg text')].map((text) => text.getBoundingClientRect().height)),
      text: document.body.innerText,
    })) });
    if (shots) await page.screenshot({ path: `${shots}/${basename(file)}-${width}-${colorScheme}.png`, fullPage: true });
    if (width === 1280 && colorScheme === 'light') {
      const pdf = await page.pdf({ format: 'A4', printBackground: true, preferCSSPageSize: true });
      if (shots) writeFileSync(`${shots}/${basename(file)}.pdf`, pdf);
      seen.pdf = { bytes: pdf.length, pages: (pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g) ?? []).length };
    }
    await context.close();
  }
  console.log(JSON.stringify(seen));
}

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  for (const file of process.argv.slice(2)) await look(browser, file);
} finally {
  await browser.close();
}
