// Stand-in for Connect.js.
'use strict';
