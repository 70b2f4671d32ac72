// SPDX-License-Identifier: MIT
// The dashboard starts here.
import { render } from 'preact';
import '@/app/app.css';
import { App } from '@/app/App';
import { preload } from '@/app/routes';
import { startRouter } from '@/lib/router';
import { loadSession } from '@/lib/session';
import { startTheme } from '@/lib/theme';

startTheme();
startRouter();
void loadSession();
preload(location.pathname);

const root = document.getElementById('app');
if (root !== null) render(<App />, root);
